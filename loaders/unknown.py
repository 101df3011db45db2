"""A fact that nobody has established, with the reason: what stands on a card instead of a guess."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A value that cannot change and takes no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Unknown(Frozen):
    """A fact that is not known, and why: never a guess."""

    reason: Annotated[str, Field(min_length=1)]


UNVERIFIED = Unknown(reason="nobody has run `mmbench verify` for this set against the hub yet")
UNLISTED = Unknown(reason="the hub's list of files was not read; `mmbench download --dry-run` asks for it")
