"""The flags, statuses and actions of diffsync, with its names and values."""

from __future__ import annotations

import enum


class DiffSyncModelFlags(enum.Flag):
    """How one record, or every record of a class, is to be treated; set as `model_flags`."""

    NONE = 0

    IGNORE = 0b1
    """Leave the record out of diffs and syncs."""

    SKIP_CHILDREN_ON_DELETE = 0b10
    """When the record is deleted, drop its children from the store without deleting them one by one."""

    SKIP_UNMATCHED_SRC = 0b100
    """Leave the record out if only the source has it: it is not created."""

    SKIP_UNMATCHED_DST = 0b1000
    """Leave the record out if only the destination has it: it is not deleted."""

    NATURAL_DELETION_ORDER = 0b10000
    """When the record is deleted, delete its children before it."""

    SKIP_UNMATCHED_BOTH = SKIP_UNMATCHED_SRC | SKIP_UNMATCHED_DST


class DiffSyncFlags(enum.Flag):
    """How one diff or sync is to go; passed to `diff_from`, `sync_from` and their twins."""

    NONE = 0

    CONTINUE_ON_FAILURE = 0b1
    """Go on with the next record when a create, update or delete raises an `ObjectCrudException`."""

    SKIP_UNMATCHED_SRC = 0b10
    """Leave out what only the source has: nothing is created."""

    SKIP_UNMATCHED_DST = 0b100
    """Leave out what only the destination has: nothing is deleted."""

    SKIP_UNMATCHED_BOTH = SKIP_UNMATCHED_SRC | SKIP_UNMATCHED_DST

    LOG_UNCHANGED_RECORDS = 0b1000
    """Log a line for records that need no change, too."""


class DiffSyncStatus(enum.Enum):
    """How the last create, update or delete of a record went; UNKNOWN for one that a sync left as it was."""

    UNKNOWN = "unknown"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


class DiffSyncActions:
    """What is to be done about an element of a diff."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SKIP = "skip"
    NO_CHANGE = None
