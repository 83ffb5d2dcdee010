"""The configuration of a recipe: a short TOML file, one of ours by its name or your own by its path."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from caption_model.errors import TrainingError

FOLDER = Path(__file__).parent
NAMES = ("xception-word", "resnet50-glove", "vgg16-word", "vgg16-char", "critic")
LEARNT, GLOVE = "learnt", "glove"


@dataclass(frozen=True)
class WordRecipe:
    """A merge model over words.

    Attributes:
        title: in pictures and tables.
        encoder: what looks at the photos, as ``recipe_encoder`` knows it.
        vectors: ``learnt``, or ``glove``: of a file, and not learnt any further.
        min_count: rarer words are not learnt.
        embedding: width of a word's vector; with a GloVe file the file's.
        units: of the LSTM, and of the layers where photo and words meet.
        dropout: on the photo's features and on the words.
        batch: descriptions.
        epochs: at most so many.
        learning_rate: peak of a cosine.
        patience: epochs without a lower loss on the judging photos after which training ends.
        beam: hypotheses kept while a description is written; 1 takes the likeliest word each time.
        longest: words; longer descriptions are left out of training.
    """

    title: str
    encoder: str
    vectors: str
    min_count: int
    embedding: int
    units: int
    dropout: float
    batch: int
    epochs: int
    learning_rate: float
    patience: int
    beam: int
    longest: int = 34


@dataclass(frozen=True)
class CharacterRecipe:
    """The social decoder from nothing; attributes as of ``SocialTraining``."""

    title: str
    encoder: str
    min_count: int
    units: int
    batch: int
    epochs: int
    learning_rate: float
    patience: int


@dataclass(frozen=True)
class CriticRecipe:
    """A critic of a generator, and a comparison of what is chosen with and without it.

    Attributes:
        title: in pictures and tables.
        generator: recipe that makes the generator where none is named.
        captions: sampled to learn from, and as many that people wrote.
        batch: captions.
        epochs: of the critic.
        learning_rate: peak of a cosine.
        photos: that the comparison is made on, at most.
        samples: captions drawn for each, from which both choose.
    """

    title: str
    generator: str
    captions: int
    batch: int
    epochs: int
    learning_rate: float
    photos: int
    samples: int


Recipe = WordRecipe | CharacterRecipe | CriticRecipe
KINDS: dict[str, type[Recipe]] = {"words": WordRecipe, "characters": CharacterRecipe, "critic": CriticRecipe}


def load_recipe(name: str) -> Recipe:
    """A recipe of ours by its name, or one of your own by the path of its TOML file.

    Raises:
        TrainingError: there is none, or it is no configuration.
    """
    path = FOLDER / f"{name}.toml" if name in NAMES else Path(name)
    if name not in NAMES and path.suffix != ".toml":
        raise TrainingError(f"there is no recipe {name!r}: choose {', '.join(NAMES)}, or name a TOML file.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"{path} cannot be read ({error.strerror or error}): check the path.") from error
    except ValueError as error:
        raise TrainingError(f"{path} is no TOML ({error}): mend it.") from error
    return parse_recipe(content, str(path))


def parse_recipe(content: dict[str, Any], told: str) -> Recipe:
    """A recipe from a table of its values, ``kind`` among them; ``told`` names where they stand.

    Raises:
        TrainingError: a value is missing, unknown, of another type or out of range.
    """
    made = KINDS.get(str(content.get("kind")))
    if made is None:
        raise TrainingError(f"{told} has no kind: write kind = one of {', '.join(KINDS)}.")
    values = {name: value for name, value in content.items() if name != "kind"}
    for field in fields(made):
        if field.name in values:
            values[field.name] = _checked(field.name, field.type, values[field.name], told)
    try:
        recipe = made(**values)
    except TypeError as error:
        raise TrainingError(f"{told} is no recipe ({str(error).partition(' ')[2]}): compare it with ours.") from error
    if isinstance(recipe, WordRecipe) and recipe.vectors not in (LEARNT, GLOVE):
        raise TrainingError(f"{told}: vectors is {LEARNT} or {GLOVE}, not {recipe.vectors!r}.")
    return recipe


def _checked(name: str, wanted: Any, value: Any, told: str) -> Any:
    """A value of the type that a field wants; numbers are positive, a dropout below 1."""
    if wanted is str:
        if not isinstance(value, str):
            raise TrainingError(f"{told}: {name} is a text, not {value!r}.")
        return value
    whole = wanted is int
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise TrainingError(f"{told}: {name} is a {'whole ' if whole else ''}number, not {value!r}.")
    if not (0 <= value < 1 if name == "dropout" else 0 < value < 10**7):
        raise TrainingError(f"{told}: {name} cannot be {value!r}.")
    return wanted(value)
