import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

/// Scripts as answers show them.
enum ScriptJSON {
    /// An output script with all that can be said of it: `{asm, desc, hex, address?, type}`.
    static func output(_ script: Script, _ network: Network) -> JSONObject {
        var object: JSONObject = [
            "asm": .string(script.asm()), "desc": .string(descriptor(of: script, network)),
            "hex": .hex(script.bytes),
        ]
        if let address = Address(script) {
            object.append("address", .string(address.text(on: network)))
        }
        object.append("type", .string(ScriptTemplate(script).typeName))
        return object
    }

    /// An input script: `{asm, hex}`, the kinds of signature hash in words.
    static func input(_ script: Script) -> JSON {
        [
            "asm": .string(script.asm(decodingSignatureHashTypes: true)),
            "hex": .hex(script.bytes),
        ]
    }

    /// The descriptor that says most of a script to one who knows no keys.
    static func descriptor(of script: Script, _ network: Network) -> String {
        let text = descriptorBody(of: script, network)
        return text + "#" + (Descriptor.checksum(of: text) ?? "")
    }

    private static func descriptorBody(of script: Script, _ network: Network) -> String {
        switch ScriptTemplate(script) {
        case .pubKey(let key) where isKey(key): return "pk(\(Hex.encode(key)))"
        case .multisig(let required, let keys) where keys.allSatisfy(isKey):
            return "multi("
                + ([String(required)] + keys.map { Hex.encode($0) })
                .joined(separator: ",") + ")"
        case .witnessV1Taproot(let key) where XOnlyPublicKey(key.span) != nil:
            return "rawtr(\(Hex.encode(key)))"
        default:
            if let address = Address(script), address.script == script {
                return "addr(\(address.text(on: network)))"
            }
            return "raw(\(script.hex))"
        }
    }

    /// Whether the bytes are a public key in one of the two forms that descriptors know.
    private static func isKey(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, (2...4).contains(first) else { return false }
        return PublicKey(bytes.span) != nil
    }
}
