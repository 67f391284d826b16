import Notation
public import Primitives

/// Why a transaction is refused, in the order in which it is looked at.
public enum TransactionError: Error, Hashable, Sendable {
    // By itself.
    case noInputs
    case noOutputs
    /// It would not fit in a block even alone.
    case oversize
    case negativeOutput
    case outputTooLarge
    case outputTotalTooLarge
    case duplicateInput(OutPoint)
    /// The script of a coinbase has 2 to 100 bytes.
    case coinbaseScriptLength(Int)
    case nullInput
    // By the coins it spends.
    case missingCoin(OutPoint)
    case immatureCoinbase(depth: Int)
    case inputsNotMoney
    case spendsMoreThanInputs(inputs: Amount, outputs: Amount)
}

extension TransactionError: CustomStringConvertible {
    /// Bitcoin Core's word for it.
    public var rejectReason: String {
        switch self {
        case .noInputs: "bad-txns-vin-empty"
        case .noOutputs: "bad-txns-vout-empty"
        case .oversize: "bad-txns-oversize"
        case .negativeOutput: "bad-txns-vout-negative"
        case .outputTooLarge: "bad-txns-vout-toolarge"
        case .outputTotalTooLarge: "bad-txns-txouttotal-toolarge"
        case .duplicateInput: "bad-txns-inputs-duplicate"
        case .coinbaseScriptLength: "bad-cb-length"
        case .nullInput: "bad-txns-prevout-null"
        case .missingCoin: "bad-txns-inputs-missingorspent"
        case .immatureCoinbase: "bad-txns-premature-spend-of-coinbase"
        case .inputsNotMoney: "bad-txns-inputvalues-outofrange"
        case .spendsMoreThanInputs: "bad-txns-in-belowout"
        }
    }

    /// Bitcoin Core's further words; empty where it has none.
    public var debugMessage: String {
        switch self {
        case .missingCoin: "CheckTxInputs: inputs missing/spent"
        case .immatureCoinbase(let depth): "tried to spend coinbase at depth \(depth)"
        case .spendsMoreThanInputs(let inputs, let outputs):
            "value in (\(Decimal8.shortText(inputs.satoshis))) < "
                + "value out (\(Decimal8.shortText(outputs.satoshis)))"
        default: ""
        }
    }

    public var result: TransactionResult {
        switch self {
        case .missingCoin: .missingInputs
        case .immatureCoinbase: .prematureSpend
        default: .consensus
        }
    }

    /// The word and the further words, as Bitcoin Core logs them.
    public var description: String {
        debugMessage.isEmpty ? rejectReason : "\(rejectReason), \(debugMessage)"
    }
}
