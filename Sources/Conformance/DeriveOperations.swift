import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting

extension ConformanceTool {
    /// Walks from a mnemonic, a seed or an extended key down a path, and makes an address of the end.
    func derive(_ request: Request, in network: Network) throws(RequestError) -> JSON {
        guard let path = DerivationPath(try request.string("path")) else {
            throw RequestError("path is none")
        }
        var answer: JSONObject = [:]
        let end: ExtendedPublicKey
        if request.has("xpub") {
            guard let key = ExtendedPublicKey(try request.string("xpub"), network: network) else {
                throw RequestError("xpub is no extended public key of \(network.name)")
            }
            guard let derived = key.derive(path) else {
                throw RequestError("the path cannot be followed from a public key")
            }
            end = derived
        } else {
            guard let derived = try root(request, in: network).derive(path) else {
                throw RequestError("the path leads to no key")
            }
            answer["xprv"] = .string(derived.text(on: network))
            end = derived.neutered
        }
        answer["xpub"] = .string(end.text(on: network))
        answer["pubkey"] = .string(Hex.encode(end.key.compressed))
        let address = try address(of: end.key, kind: try request.string("kind"))
        answer["address"] = .string(address.text(on: network))
        return .object(answer)
    }

    private func root(
        _ request: Request, in network: Network
    ) throws(RequestError) -> ExtendedPrivateKey {
        if request.has("xprv") {
            guard let key = ExtendedPrivateKey(try request.string("xprv"), network: network) else {
                throw RequestError("xprv is no extended private key of \(network.name)")
            }
            return key
        }
        let seed = request.has("seed") ? try request.bytes("seed") : try seedOfWords(request)
        guard let key = ExtendedPrivateKey(seed: seed) else { throw RequestError("the seed has no key") }
        return key
    }

    private func seedOfWords(_ request: Request) throws(RequestError) -> [UInt8] {
        let phrase = try request.string("mnemonic")
        let passphrase = request.has("passphrase") ? try request.string("passphrase") : ""
        if (phrase + passphrase).utf8.allSatisfy({ $0 < 128 }) {
            do {
                return try Mnemonic(phrase: phrase).seed(passphrase: passphrase)
            } catch {
                throw RequestError("mnemonic: \(error)")
            }
        }
        // The words of other languages are not ours to judge; the way to the seed is the same.
        let salt = normalize("mnemonic" + passphrase)
        return PBKDF2.sha512(
            password: Array(normalize(phrase).utf8).span, salt: Array(salt.utf8).span,
            rounds: 2048, count: 64)
    }

    private func address(of key: PublicKey, kind: String) throws(RequestError) -> Address {
        let hash = Hash160.hash(key.compressed.span)
        switch kind {
        case "pkh": return .pubKeyHash(hash)
        case "wpkh": return .witnessPubKeyHash(hash)
        case "sh-wpkh":
            return .scriptHash(Hash160.hash(Script.payToWitnessPubKeyHash(hash).span))
        case "tr":
            guard let output = key.xOnly.taprootOutput(merkleRoot: nil)?.key,
                let bytes = Hash256(bytes: output.bytes)
            else { throw RequestError("the key has no taproot output") }
            return .taproot(bytes)
        default: throw RequestError("unsupported: kind \(kind)")
        }
    }
}
