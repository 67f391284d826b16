enum RawTransactionsMethods {
    static let all: [any RPCMethod] = [
        CreateRawTransaction(), DecodeRawTransaction(), DecodeScript(), GetRawTransaction(),
        AnalyzePSBT(), CombinePSBT(), ConvertToPSBT(), CreatePSBT(), DecodePSBT(),
        DescriptorProcessPSBT(), FinalizePSBT(), JoinPSBTs(), UTXOUpdatePSBT(),
    ]
}
