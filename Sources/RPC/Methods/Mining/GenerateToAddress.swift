import Cryptography
import Keys
import Mining
import MiningService
import Notation
import Primitives

struct GenerateToAddress: RPCMethod {
    let name = "generatetoaddress"
    let summary = "Mine to a specified address and return the block hashes."
    let parameters = [
        Parameter("nblocks", .number, .required, "How many blocks are generated."),
        Parameter(
            "address", .string, .required, "The address to send the newly generated bitcoin to."),
        Parameter("maxtries", .number, default: 1_000_000, "How many iterations to try."),
    ]
    let results = GeneratedBlocks.results
    let examples = [
        Example.words("\nGenerate 11 blocks to myaddress\n"),
        .shell(["11", "\"myaddress\""]),
        .words(
            "If you are using the Cellblock wallet, you can get a new address to send the newly "
                + "generated bitcoin to with:\n"),
        .shell(method: "getnewaddress"),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let count = try request.int("nblocks")
        let tries = UInt64(clamping: try request.int("maxtries"))
        guard
            let address = try? Address(
                try request.string("address"), network: context.definition)
        else { throw RPCError.invalidAddressOrKey("Error: Invalid address") }
        return try await GeneratedBlocks.mine(count, to: address.script, tries, context)
    }
}

/// Blocks made on demand.
enum GeneratedBlocks {
    static let results = [
        ResultText(.array, "", "hashes of blocks generated", [ResultText(.hex, "", "blockhash")])
    ]

    static func mine(
        _ count: Int, to script: Script, _ tries: UInt64, _ context: RPCContext
    ) async throws -> JSON {
        do {
            let miner = try context.requiredMiner()
            let hashes = try await context.endingAtStop {
                try await miner.generate(count: count, to: .script(script), maxTries: tries)
            }
            return .array(hashes.map { .string($0.displayHex) })
        } catch let error as MinerError {
            throw RPCError(code: .internal, error.description)
        }
    }

    /// The script to pay that a descriptor gives; nil where the text is none.
    static func script(descriptor text: String, _ context: RPCContext) throws -> Script? {
        let descriptors: [Descriptor]
        do throws(DescriptorError) {
            descriptors = try Descriptor.parse(text, network: context.definition)
        } catch {
            return nil
        }
        guard descriptors.count == 1, let descriptor = descriptors.first else {
            throw RPCError.invalidParameter("Multipath descriptor not accepted")
        }
        guard !descriptor.isRange else {
            throw RPCError.invalidParameter(
                "Ranged descriptor not accepted. Maybe pass through deriveaddresses first?")
        }
        guard let scripts = descriptor.expand(at: 0)?.scripts, let first = scripts.first else {
            throw RPCError.invalidAddressOrKey("Cannot derive script without private keys")
        }
        // A combo gives two or four scripts: the witness key hash is meant, or the key hash.
        switch scripts.count {
        case 4: return scripts[2]
        case 2, 3: return scripts[1]
        default: return first
        }
    }
}

extension RPCContext {
    /// The miner, which every node has once it has started.
    func requiredMiner() throws -> Miner {
        guard let miner else { throw RPCError(code: .internal, "Mining is not available") }
        return miner
    }
}
