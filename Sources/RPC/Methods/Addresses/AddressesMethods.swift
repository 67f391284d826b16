enum AddressesMethods {
    static let all: [any RPCMethod] = [
        DeriveAddresses(), GetDescriptorInfo(), SignRawTransactionWithKey(), ValidateAddress(),
    ]
}
