"""What tests of the pages do again and again: run a page, press a button, read what is said."""

from streamlit.testing.v1 import AppTest


def rerun(app: AppTest) -> AppTest:
    """Run the page's script again; an exception in it fails the test."""
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str, index: int = 0) -> AppTest:
    """Press one of the buttons with this label, by default the first."""
    [button for button in app.button if button.label == label][index].click()
    return rerun(app)


def labels(app: AppTest) -> list[str]:
    """What stands on the buttons."""
    return [button.label for button in app.button]


def sentences(elements) -> list[str]:
    """What notes say: one sentence each."""
    told = [element.value.replace("\\", "") for element in elements]
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in told)
    return told
