import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

/// What answers tell of an address.
enum AddressJSON {
    /// What can be seen from the address alone.
    static func details(_ address: Address) -> JSONObject {
        var object = JSONObject()
        if let isScript = address.isScript { object.append("isscript", .bool(isScript)) }
        object.append("iswitness", .bool(address.isWitness))
        if let version = address.witnessVersion, let program = address.witnessProgram {
            object.append("witness_version", .int(version))
            object.append("witness_program", .hex(program))
        }
        return object
    }

    /// What keys and scripts add to it.
    static func details(
        _ address: Address, _ provider: SigningProvider, _ network: Network
    ) -> JSONObject {
        switch address {
        case .pubKeyHash(let hash):
            guard let key = provider.publicKeys[hash] else { return [:] }
            return ["pubkey": .hex(key), "iscompressed": .bool(key.count == 33)]
        case .witnessPubKeyHash(let hash):
            guard let key = provider.publicKeys[hash] else { return [:] }
            return ["pubkey": .hex(key)]
        case .scriptHash(let hash):
            return provider.scripts[hash].map { script($0, provider, network) } ?? [:]
        case .witnessScriptHash(let hash):
            let inner = provider.scripts[RIPEMD160.hash(hash.bytes.span)]
            return inner.map { script($0, provider, network) } ?? [:]
        case .taproot, .payToAnchor, .witnessUnknown: return [:]
        }
    }

    private static func script(
        _ script: Script, _ provider: SigningProvider, _ network: Network
    ) -> JSONObject {
        var object: JSONObject = [
            "script": .string(script.template.typeName), "hex": .hex(script.bytes),
        ]
        if let inner = Address(script) {
            var embedded = details(inner)
            let more = details(inner, provider, network)
            embedded.append(contentsOf: more)
            embedded.append("address", .string(inner.text(on: network)))
            embedded.append("scriptPubKey", .hex(script.bytes))
            if let key = more["pubkey"] { object.append("pubkey", key) }
            object.append("embedded", .object(embedded))
        } else if case .multisig(let required, let keys) = script.template {
            object.append("sigsrequired", .int(required))
            object.append("pubkeys", .array(keys.map { .hex($0) }))
        }
        return object
    }
}
