enum UtilMethods {
    static let all: [any RPCMethod] = [EstimateSmartFee(), GetIndexInfo()]
}
