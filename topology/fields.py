"""Dataset variables of the leaf: name -> (dims, unit, "in" or "out", meaning).

Contract: only tuples and strings; bandwidth and load are per direction unless the name says bidirectional,
bytes are decimal.
"""

FIELDS: dict[str, tuple[tuple[str, ...], str, str, str]] = {
    "bandwidth_injection": (("chip",), "B/s", "in", "bytes per second each GPU offers to the fabric"),
    "link_bandwidth": (("link",), "B/s", "in", "bandwidth of the link"),
    "link_length": (("link",), "m", "in", "length of the link from GPU to switch ASIC"),
    "link_load_up": (("link",), "B/s", "out", "load from GPU to switch ASIC"),
    "link_load_down": (("link",), "B/s", "out", "load from switch ASIC to GPU"),
    "link_utilization": (("link",), "1", "out", "link load over bandwidth, busier direction"),
    "all_to_all_message_bytes": ((), "B", "in", "message of the all-to-all per ordered pair of GPUs"),
    "bandwidth_per_gpu": ((), "B/s", "out", "bandwidth of the GPU with the least"),
    "bandwidth_aggregate_bidirectional": ((), "B/s", "out", "bandwidth of all GPUs, both directions added"),
    "bandwidth_bisection": ((), "B/s", "out", "least max-flow between two halves of the GPUs"),
    "latency_gpu_to_gpu": ((), "s", "out", "one-way latency between two GPUs on an idle fabric"),
    "latency_protocol": ((), "s", "out", "what the library adds to each step of a collective, measured"),
    "latency_launch": ((), "s", "out", "launch of a collective call, measured"),
    "all_to_all_time": ((), "s", "out", "time of an all-to-all, nothing to itself"),
    "all_reduce_time": ((), "s", "out", "time of an all-reduce of all GPUs"),
    "dispatch_time": ((), "s", "out", "time of an expert dispatch, mean over orders of popularity"),
    "dispatch_time_p99": ((), "s", "out", "its 99 % quantile over orders of popularity"),
    "combine_time": ((), "s", "out", "time of an expert combine, mean over orders of popularity"),
    "combine_time_p99": ((), "s", "out", "its 99 % quantile over orders of popularity"),
    "collective_basis": ((), "", "out", "measurements the times are carried on from"),
    "job_gpu_count": (("job",), "1", "in", "GPUs of the job"),
    "job_delivered": (("job",), "1", "out", "share of the job's offered traffic that gets through"),
    "job_all_to_all_time": (("job",), "s", "out", "time of an all-to-all among the job's GPUs"),
    "job_dispatch_time": (("job",), "s", "out", "time of the job's expert dispatch, mean over orders of popularity"),
    "job_dispatch_time_p99": (("job",), "s", "out", "its 99 % quantile"),
    "all_to_all_saturation": (
        (),
        "B/s",
        "out",
        "rate per ordered pair at which a uniform all-to-all fills a link",
    ),
    "link_count": ((), "1", "out", "links between GPUs and switch ASICs"),
    "cable_pair_count": ((), "1", "out", "differential copper pairs of the spine, both directions"),
    "cable_length_total": ((), "m", "out", "length of all differential copper pairs together"),
}
