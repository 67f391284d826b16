internal import Cryptography
internal import Primitives
internal import Scripting

/// Scripts in the form of Miniscript, whatever they ask for.
extension PSBTSolver {
    /// The witness for a witness script or, where a leaf hash is given, for a leaf.
    mutating func satisfyMiniscript(_ script: Script, leaf: Hash256? = nil) -> [[UInt8]]? {
        let context: Miniscript.Context = leaf == nil ? .witnessScript : .tapscript
        guard let (expression, scriptKeys) = MiniscriptDecoder.decode(script, in: context) else {
            return nil
        }
        var keys: [[UInt8]] = []
        for scriptKey in scriptKeys {
            switch scriptKey {
            case .bytes(let bytes): keys.append(bytes)
            case .hash(let hash):
                guard let key = publicKey(hash) else {
                    known.missing.publicKeys.append(hash)
                    return nil
                }
                keys.append(leaf == nil ? key : Array(key.dropFirst()))
            }
        }
        // All signatures that can be made are, so that they are kept for the next signer.
        var signatures: [[UInt8]?] = []
        for key in keys {
            if let leaf {
                signatures.append(leafSignature(key, leaf))
            } else {
                signatures.append(signature(of: key, script, .witnessV0))
            }
        }
        let maker = maker
        return expression.satisfaction(
            with: MiniscriptMaterial(
                keys: keys, signatures: signatures, preimages: known.preimages,
                isPast: { maker.isPast($0) }, isOlder: { maker.isOlder($0) }))
    }
}

extension PSBTSolver.Maker {
    /// Whether an absolute lock is over in the transaction.
    fileprivate func isPast(_ lockTime: UInt32) -> Bool {
        switch self {
        case .nobody: false
        case .estimate: true
        case .signer(let input): input.checker.checkLockTime(Int64(lockTime))
        }
    }

    /// Whether a relative lock is over in the input.
    fileprivate func isOlder(_ sequence: UInt32) -> Bool {
        switch self {
        case .nobody: false
        case .estimate: true
        case .signer(let input): input.checker.checkSequence(Int64(sequence))
        }
    }
}
