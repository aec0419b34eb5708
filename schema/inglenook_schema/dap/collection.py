"""Asking for a sum and getting it (DAP draft 18, section 4.6)."""

from __future__ import annotations

from typing import Annotated

from inglenook_schema.dap.basic import HpkeCiphertext, Interval, TaskID, Uint64, increasing
from inglenook_schema.dap.codec import Fixed, Message, Number, Opaque, Vector
from inglenook_schema.dap.task import BatchSelector, Query, TaskConfiguration


class CollectionJobExtensionType(Number):
    """A collection job extension of the registry in section 9.2.5."""

    SIZE = 2


class CollectionJobExtension(Message, frozen=True):
    """More about how to handle a collection (section 4.6.2)."""

    extension_type: CollectionJobExtensionType
    extension_data: Annotated[bytes, Opaque(2)]


class CollectionJobReq(Message, frozen=True):
    """The collector asks (section 4.6.1).

    Extensions out of order decode: they have an error code of their own,
    ``invalidExtension``, which :meth:`extensions_in_order` is for.
    """

    query: Query
    agg_param: Annotated[bytes, Opaque(4)]
    extensions: Annotated[tuple[CollectionJobExtension, ...], Vector(2)]

    def extensions_in_order(self) -> bool:
        """Whether extensions stand in strictly increasing order (section 4.6.2)."""
        return increasing([each.extension_type for each in self.extensions])


class CollectionJobResp(Message, frozen=True):
    """Both aggregate shares, sealed to the collector."""

    report_count: Uint64
    interval: Interval
    leader_encrypted_agg_share: HpkeCiphertext
    helper_encrypted_agg_share: HpkeCiphertext


class AggregateShareReq(Message, frozen=True):
    """The leader asks the helper for its share (section 4.6.4)."""

    collection_job_req: CollectionJobReq
    batch_selector: BatchSelector
    report_count: Uint64
    checksum: Annotated[bytes, Fixed(32)]


class AggregateShare(Message, frozen=True):
    """The helper's share, sealed to the collector."""

    encrypted_aggregate_share: HpkeCiphertext


class AggregateShareAad(Message, frozen=True):
    """What an aggregate share is sealed under (section 4.6.7)."""

    task_id: TaskID
    task_configuration: TaskConfiguration
    collection_job_req: CollectionJobReq
