internal import Cryptography
public import Keys
public import Primitives
internal import Scripting

extension Wallet {
    /// What the wallet knows to answer a script with: one of its own, or one that names keys whose
    /// addresses are its own. It holds secrets.
    public func signingProvider(for script: Script) -> SigningProvider {
        var provider = SigningProvider()
        ledger.addKeys(for: script, to: &provider)
        for key in script.namedKeys {
            let hash = Hash160.hash(key.span)
            let witness = Script.payToWitnessPubKeyHash(hash)
            let nested = Script.payToScriptHash(Hash160.hash(witness.span))
            for address in [witness, .payToPubKeyHash(hash), nested] {
                ledger.addKeys(for: address, to: &provider)
            }
        }
        return provider
    }
}

extension Script {
    /// What it pushes that has the length of a public key.
    fileprivate var namedKeys: [[UInt8]] {
        var keys: [[UInt8]] = []
        var reader = InstructionReader(bytes[...])
        while let instruction = reader.next() {
            if [33, 65].contains(instruction.data.count) { keys.append(Array(instruction.data)) }
        }
        return keys
    }
}
