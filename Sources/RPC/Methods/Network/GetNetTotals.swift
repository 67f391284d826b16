import Networking
import Notation

struct GetNetTotals: RPCMethod {
    let name = "getnettotals"
    let summary = """
        Returns information about network traffic, including bytes in, bytes out,
        and current system time.
        """
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.number, "totalbytesrecv", "Total bytes received"),
                ResultText(.number, "totalbytessent", "Total bytes sent"),
                ResultText(
                    .time, "timemillis", "Current system UNIX epoch time in milliseconds"),
                ResultText(
                    .object, "uploadtarget", "",
                    [
                        ResultText(
                            .number, "timeframe", "Length of the measuring timeframe in seconds"),
                        ResultText(.number, "target", "Target in bytes"),
                        ResultText(.bool, "target_reached", "True if target is reached"),
                        ResultText(
                            .bool, "serve_historical_blocks", "True if serving historical blocks"),
                        ResultText(
                            .number, "bytes_left_in_cycle", "Bytes left in current time cycle"),
                        ResultText(
                            .number, "time_left_in_cycle", "Seconds left in current time cycle"),
                    ]),
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let totals = await (try context.requirePeers()).totals()
        return [
            "totalbytesrecv": .int(totals.received), "totalbytessent": .int(totals.sent),
            "timemillis": .int(totals.timeMillis),
            // There is no limit on what is uploaded.
            "uploadtarget": [
                "timeframe": 86400, "target": 0, "target_reached": false,
                "serve_historical_blocks": true, "bytes_left_in_cycle": 0, "time_left_in_cycle": 0,
            ],
        ]
    }
}
