"""What a task is: the configuration in all authenticated data (DAP draft 18, section 4.2)."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated

from inglenook_schema.dap.basic import (
    BatchID,
    Interval,
    TimePrecision,
    Uint32,
    Uint64,
    increasing,
)
from inglenook_schema.dap.codec import Code, Message, Number, Opaque, Vector


@unique
class BatchMode(Code):
    """How reports are gathered into batches, in queries and selectors (section 5)."""

    TIME_INTERVAL = 1
    LEADER_SELECTED = 2


class BatchModeCode(Number):
    """Any batch mode, in a configuration.

    The registry of section 9.2.1 is open: it may be one that this software does not know.
    """

    SIZE = 1


class VdafType(Number):
    """A VDAF's identifier (VDAF draft 18, section 10); see :class:`Vdaf`."""

    SIZE = 4


class Vdaf(IntEnum):
    """The VDAF identifiers that have a configuration of their own (appendix B)."""

    PRIO3_COUNT = 1
    PRIO3_SUM = 2
    PRIO3_SUM_VEC = 3
    PRIO3_HISTOGRAM = 4
    PRIO3_MULTIHOT_COUNT_VEC = 5


class TaskExtensionType(Number):
    """A task extension of the registry in section 9.2.2; 1 is ``task_interval``."""

    SIZE = 2


TASK_INTERVAL = TaskExtensionType(1)


class TaskExtension(Message, frozen=True):
    """More that all parties agree on (section 4.2.2)."""

    extension_type: TaskExtensionType
    extension_data: Annotated[bytes, Opaque(2)]


class TaskIntervalTaskExtension(Message, frozen=True):
    """When reports may be made (section 4.2.3)."""

    task_interval: Interval


class BatchConfig(Message, frozen=True):
    """The two fields of a task's configuration that tell its batch mode."""

    batch_mode: BatchModeCode
    batch_config: Annotated[bytes, Opaque(2)]


class VdafConfig(Message, frozen=True):
    """The two fields of a task's configuration that tell its VDAF."""

    vdaf_type: VdafType
    vdaf_configuration: Annotated[bytes, Opaque(2)]


class TaskConfiguration(Message, frozen=True):
    """Everything that client, aggregators and collector must agree on (section 4.2)."""

    task_info: Annotated[bytes, Opaque(1, 1)]
    leader_aggregator_endpoint: Annotated[bytes, Opaque(2, 1)]
    helper_aggregator_endpoint: Annotated[bytes, Opaque(2, 1)]
    time_precision: TimePrecision
    min_batch_size: Uint64
    batch_mode: BatchModeCode
    batch_config: Annotated[bytes, Opaque(2)]
    vdaf_type: VdafType
    vdaf_configuration: Annotated[bytes, Opaque(2)]
    extensions: Annotated[tuple[TaskExtension, ...], Vector(2)]

    def in_order(self) -> bool:
        """Section 4.2.2: extensions stand in strictly increasing order."""
        return increasing([each.extension_type for each in self.extensions])


class Prio3SumConfig(Message, frozen=True):
    """Appendix B.2; Prio3Count's configuration is empty."""

    max_measurement: Uint64


class Prio3SumVecConfig(Message, frozen=True):
    """Appendix B.3."""

    length: Uint32
    max_measurement: Uint64
    chunk_length: Uint32


class Prio3HistogramConfig(Message, frozen=True):
    """Appendix B.4."""

    length: Uint32
    chunk_length: Uint32


class Prio3MultihotCountVecConfig(Message, frozen=True):
    """Appendix B.5."""

    length: Uint32
    chunk_length: Uint32
    max_weight: Uint64


class Query(Message, frozen=True):
    """Which batch a collector asks for (section 4.6.1)."""

    batch_mode: BatchMode
    config: Annotated[bytes, Opaque(2)]


class BatchSelector(Message, frozen=True):
    """Which batch the leader means (section 4.6.4)."""

    batch_mode: BatchMode
    config: Annotated[bytes, Opaque(2)]


class TimeIntervalQueryConfig(Message, frozen=True):
    """``Query.config`` in the time-interval mode; leader-selected has none (section 5.1.1)."""

    batch_interval: Interval


class TimeIntervalBatchSelectorConfig(Message, frozen=True):
    """``BatchSelector.config`` in the time-interval mode (section 5.1.2)."""

    batch_interval: Interval


class LeaderSelectedBatchSelectorConfig(Message, frozen=True):
    """``BatchSelector.config`` in the leader-selected mode (section 5.2.3)."""

    batch_id: BatchID
