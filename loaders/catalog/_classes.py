"""Names for classes that an upstream numbers without naming them in its files."""

from collections.abc import Callable, Sequence

from mmbench.errors import UserError
from mmbench.loaders.tables import Row


def class_name(column: str, names: Sequence[str]) -> Callable[[Row], str]:
    """The name of the class whose number stands in ``column``; a name that the file itself gives is kept."""

    def name(row: Row) -> str:
        value = row[column]
        if isinstance(value, str):
            return value
        if not 0 <= value < len(names):
            raise UserError(
                f"{column} is {value}, but there are {len(names)} classes: the upstream's rows are damaged."
            )
        return names[value]

    return name
