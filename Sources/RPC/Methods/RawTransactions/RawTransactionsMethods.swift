enum RawTransactionsMethods {
    static let all: [any RPCMethod] = [
        CreateRawTransaction(), DecodeRawTransaction(), DecodeScript(), GetRawTransaction(),
    ]
}
