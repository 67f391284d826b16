enum InmatesMethods {
    static let all: [any RPCMethod] = [
        ExportPayouts(), GetInmate(), GetMinerInfo(), GetPayoutLedger(), ListInmates(),
        ListPayouts(), ListStratumClients(), PreviewPayout(), SetInmate(), StartMining(),
        StopMining(),
    ]
}
