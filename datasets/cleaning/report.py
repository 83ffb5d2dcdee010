"""Account of one cleaning: what each rule did, with examples."""

from dataclasses import dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from caption_model.text.shown import shown

MAX_EXAMPLES = 5


@dataclass(slots=True)
class RuleReport:
    """Captions that one rule changed or dropped, and the first few of them as (before, after)."""

    kind: str
    captions: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)

    def add(self, before: str, after: str) -> None:
        """Count one caption."""
        self.captions += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append((before, after))


@dataclass(slots=True)
class CleaningReport:
    """Rows in, rows kept, and what each rule did to how many captions."""

    config: dict[str, Any]
    rows: int = 0
    kept: int = 0
    rules: dict[str, RuleReport] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``json.dump``."""
        rules = {
            name: {
                "kind": rule.kind,
                "captions": rule.captions,
                "examples": [{"before": before, "after": after} for before, after in rule.examples],
            }
            for name, rule in self.rules.items()
        }
        return {"config": self.config, "rows": self.rows, "kept": self.kept, "rules": rules}

    def table(self) -> Table:
        """A table to print with rich: one line a rule that did something, with its first example."""
        table = Table(title=f"{self.kept} of {self.rows} captions kept")
        table.add_column("Rule", no_wrap=True)
        table.add_column("Kind")
        table.add_column("Captions", justify="right")
        table.add_column("Example", overflow="ellipsis", no_wrap=True, max_width=80)
        for name, rule in self.rules.items():
            if not rule.captions:
                continue
            before, after = rule.examples[0]
            example = before if rule.kind == "drop" else f"{before} → {after}"
            table.add_row(name, rule.kind, str(rule.captions), Text(shown(example.replace("\n", " "))))
        return table
