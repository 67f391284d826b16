enum InmatesMethods {
    static let all: [any RPCMethod] = [
        GetInmate(), GetMinerInfo(), GetPayoutLedger(), ListInmates(), ListPayouts(),
        PreviewPayout(), StartMining(), StopMining(),
    ]
}
