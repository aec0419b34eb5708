"""The messages of DAP draft 18 as tables, and a packer for them; it imports nothing of ours.

Forms: ``u2`` a number of two bytes; ``b16`` sixteen bytes; ``o4`` bytes behind a length of
four, ``o4+`` at least one; ``[X]2`` elements of X behind a length of two, ``[X]2+10`` of at
least ten bytes; ``[X]`` elements up to the end; ``e2:0,1`` an enumeration of two bytes with
these values; else the name of another row. Section numbers are the draft's.
"""

from typing import Any

TABLES: dict[str, dict[str, str]] = {
    # 4.1
    "Interval": {"start": "Time", "duration": "Duration"},
    "HpkeCiphertext": {"config_id": "HpkeConfigId", "enc": "o2+", "payload": "o4+"},
    # 4.2
    "TaskConfiguration": {
        "task_info": "o1+",
        "leader_aggregator_endpoint": "o2+",
        "helper_aggregator_endpoint": "o2+",
        "time_precision": "TimePrecision",
        "min_batch_size": "u8",
        "batch_mode": "u1",
        "batch_config": "o2",
        "vdaf_type": "u4",
        "vdaf_configuration": "o2",
        "extensions": "[TaskExtension]2",
    },
    "TaskExtension": {"extension_type": "u2", "extension_data": "o2"},
    "TaskIntervalTaskExtension": {"task_interval": "Interval"},
    # 4.4.1
    "HpkeConfig": {
        "id": "HpkeConfigId",
        "kem_id": "u2",
        "kdf_id": "u2",
        "aead_id": "u2",
        "public_key": "o2",
    },
    "HpkeConfigList": {"hpke_configs": "[HpkeConfig]2+10"},
    # 4.4.2 and 4.4.3
    "Extension": {"extension_type": "u2", "extension_data": "o2"},
    "ReportMetadata": {
        "report_id": "ReportID",
        "time": "Time",
        "public_extensions": "[Extension]2",
    },
    "Report": {
        "report_metadata": "ReportMetadata",
        "public_share": "o4",
        "leader_encrypted_input_share": "HpkeCiphertext",
        "helper_encrypted_input_share": "HpkeCiphertext",
    },
    "UploadRequest": {"reports": "[Report]"},
    "PlaintextInputShare": {"private_extensions": "[Extension]2", "payload": "o4+"},
    "InputShareAad": {
        "task_id": "TaskID",
        "task_configuration": "TaskConfiguration",
        "report_metadata": "ReportMetadata",
        "public_share": "o4",
    },
    "ReportUploadStatus": {"id": "ReportID", "error": "ReportError"},
    "UploadErrors": {"status": "[ReportUploadStatus]"},
    # 4.5
    "AggregationJobExtension": {"extension_type": "u2", "extension_data": "o2"},
    "ReportShare": {
        "report_metadata": "ReportMetadata",
        "public_share": "o4",
        "encrypted_input_share": "HpkeCiphertext",
    },
    "VerifyInit": {"report_share": "ReportShare", "payload": "o4+"},
    "AggregationJobInitReq": {
        "verification_key_id": "u1",
        "agg_param": "o4",
        "extensions": "[AggregationJobExtension]2",
        "verify_inits": "[VerifyInit]",
    },
    "AggregationJobResp": {"verify_resps": "[VerifyResp]"},
    "VerifyContinue": {"report_id": "ReportID", "payload": "o4+"},
    "AggregationJobContinueReq": {"step": "u2", "verify_continues": "[VerifyContinue]"},
    # 4.6
    "Query": {"batch_mode": "BatchMode", "config": "o2"},
    "CollectionJobExtension": {"extension_type": "u2", "extension_data": "o2"},
    "CollectionJobReq": {
        "query": "Query",
        "agg_param": "o4",
        "extensions": "[CollectionJobExtension]2",
    },
    "CollectionJobResp": {
        "report_count": "u8",
        "interval": "Interval",
        "leader_encrypted_agg_share": "HpkeCiphertext",
        "helper_encrypted_agg_share": "HpkeCiphertext",
    },
    "BatchSelector": {"batch_mode": "BatchMode", "config": "o2"},
    "AggregateShareReq": {
        "collection_job_req": "CollectionJobReq",
        "batch_selector": "BatchSelector",
        "report_count": "u8",
        "checksum": "b32",
    },
    "AggregateShare": {"encrypted_aggregate_share": "HpkeCiphertext"},
    "AggregateShareAad": {
        "task_id": "TaskID",
        "task_configuration": "TaskConfiguration",
        "collection_job_req": "CollectionJobReq",
    },
    # 5
    "TimeIntervalQueryConfig": {"batch_interval": "Interval"},
    "TimeIntervalBatchSelectorConfig": {"batch_interval": "Interval"},
    "LeaderSelectedBatchSelectorConfig": {"batch_id": "BatchID"},
    # Appendix B
    "Prio3SumConfig": {"max_measurement": "u8"},
    "Prio3SumVecConfig": {"length": "u4", "max_measurement": "u8", "chunk_length": "u4"},
    "Prio3HistogramConfig": {"length": "u4", "chunk_length": "u4"},
    "Prio3MultihotCountVecConfig": {"length": "u4", "chunk_length": "u4", "max_weight": "u8"},
}

ALIASES = {
    "TaskID": "b32",
    "BatchID": "b32",
    "ReportID": "b16",
    "Time": "u8",
    "Duration": "u8",
    "TimePrecision": "u8",
    "HpkeConfigId": "u1",
    "Role": "e1:0,1,2,3",
    "ReportError": "e1:0,1,2,3,4,5,6,7,8,9,10,11",
    "VerifyRespType": "e1:0,1,2",
    "BatchMode": "e1:1,2",  # the reserved zero names no mode
}


def pack(form: str, value: Any) -> bytes:
    """The encoding of a value of plain numbers, hex strings, lists and dicts."""
    if form == "VerifyResp":
        return pack_resp(value)
    if form in TABLES:
        return b"".join(pack(inner, value[name]) for name, inner in TABLES[form].items())
    form = ALIASES.get(form, form)
    if form.startswith("["):
        element, _, length = form[1:].partition("]")
        inner = b"".join(pack(element, each) for each in value)
        return (len(inner).to_bytes(int(length[0]), "big") if length else b"") + inner
    if form[0] == "u" or form[0] == "e":
        return int(value).to_bytes(int(form[1]), "big")
    data = bytes.fromhex(value)
    if form[0] == "o":
        return len(data).to_bytes(int(form[1]), "big") + data
    assert len(data) == int(form[1:])
    return data


def pack_resp(value: Any) -> bytes:
    """4.5.3.2: what follows depends on the type."""
    kind = value["verify_resp_type"]
    head = pack("ReportID", value["report_id"]) + bytes([kind])
    match kind:
        case 0:
            return head + pack("o4", value["payload"])
        case 1:
            return head
        case _:
            return head + bytes([value["report_error"]])


def sample(form: str, draw: "Draw", *, full: bool) -> Any:
    """Some value of that form: with something in every list and string, or with little."""
    if form == "VerifyResp":
        kind = draw.below(3)
        return {
            "report_id": draw.hex(16),
            "verify_resp_type": kind,
            "payload": draw.hex(9) if kind == 0 else None,
            "report_error": draw.below(12) if kind == 2 else None,
        }
    if form in TABLES:
        made = {name: sample(inner, draw, full=full) for name, inner in TABLES[form].items()}
        if "extensions" in made:  # 4.2.2, 4.5.1, 4.6.2: in strictly increasing order
            made["extensions"].sort(key=lambda each: each["extension_type"])
        return made
    form = ALIASES.get(form, form)
    if form.startswith("["):
        element, _, length = form[1:].partition("]")
        count = 2 if full or "+" in length else 0
        return [sample(element, draw, full=full) for _ in range(count)]
    match form[0]:
        case "u":
            return draw.below(256 ** int(form[1]))
        case "e":
            values = [int(each) for each in form[3:].split(",")]
            return values[draw.below(len(values))]
        case "o":
            return draw.hex(draw.below(40) + 1 if full else form.count("+"))
        case _:
            return draw.hex(int(form[1:]))


class Draw:
    """Numbers and bytes out of a stream."""

    def __init__(self, stream: bytes) -> None:
        self.stream, self.at = stream, 0

    def take(self, size: int) -> bytes:
        self.at += size
        assert self.at <= len(self.stream)
        return self.stream[self.at - size : self.at]

    def below(self, end: int) -> int:
        return int.from_bytes(self.take(8), "big") % end

    def hex(self, size: int) -> str:
        return self.take(size).hex()
