import Consensus
import Cryptography
import Primitives

/// What the log is told of blocks that break a rule, in Bitcoin Core's words: its users search for
/// them.
extension Validator {
    func noteRefused(_ header: BlockHeader, _ error: HeaderError) {
        let hash = header.hash.displayHex
        let parent = header.previous.displayHex
        let text =
            switch error {
            case .duplicateInvalid: "AcceptBlockHeader: block \(hash) is marked invalid"
            case .missingParent: "header \(hash) has prev block not found: \(parent)"
            case .invalidParent: "header \(hash) has prev block invalid: \(parent)"
            case .tooLittleWork:
                "AcceptBlockHeader: not adding new block header \(hash), missing anti-dos "
                    + "proof-of-work validation"
            case .highHash, .wrongBits, .timeTooOld, .timewarp, .timeTooNew, .outdatedVersion:
                "AcceptBlockHeader: \(hash), \(error)"
            }
        configuration.log("validation", text)
    }

    /// Notes that a block was not kept.
    func noteRefused(_ header: BlockHeader, _ rejection: BlockRejection) {
        configuration.log(
            "validation", "AcceptBlock FAILED (\(rejection)), block \(header.hash.displayHex)")
    }

    /// Notes that a block does not fit the chain it builds on. To make one costs a proof of work, so
    /// nobody can fill a log with them.
    func noteFailed(_ id: BlockID, _ error: BlockError) {
        configuration.report(
            "Block validation error: \(BlockRejection(error)), block "
                + "\(chain.index.hash(of: id).displayHex) height=\(chain.index.height(of: id))")
    }
}

/// What it is told of files of blocks in which a block stands before its parent.
extension Validator {
    func noteOutOfOrder(_ block: Block) {
        configuration.log(
            "reindex",
            "LoadExternalBlockFile: Out of order block \(block.hash.displayHex), parent "
                + "\(block.header.previous.displayHex) not known")
    }

    func noteInOrder(_ block: Block) {
        configuration.log(
            "reindex",
            "LoadExternalBlockFile: Processing out of order child \(block.hash.displayHex) of "
                + block.header.previous.displayHex)
    }
}
