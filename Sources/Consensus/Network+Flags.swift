public import Cryptography
public import Genesis
public import Primitives
public import Scripting

extension Network {
    /// The script rules of a block (Bitcoin Core's `GetBlockScriptFlags`).
    ///
    /// Those of BIP16, segregated witness and taproot hold for all blocks but the few that broke
    /// them before they were made, so that no height need be known.
    public func scriptFlags(for hash: BlockHash, at height: Int) -> ScriptFlags {
        var flags: ScriptFlags = [.p2sh, .witness, .taproot]
        if let names = consensus.scriptFlagExceptions[hash] {
            flags = names.reduce(into: []) { flags, name in
                if let flag = ScriptFlags(name: name) { flags.insert(flag) }
            }
        }
        if consensus.isActive(.bip66, at: height) { flags.insert(.derSignatures) }
        if consensus.isActive(.bip65, at: height) { flags.insert(.checkLockTimeVerify) }
        if consensus.isActive(.csv, at: height) { flags.insert(.checkSequenceVerify) }
        if consensus.isActive(.segwit, at: height) { flags.insert(.nullDummy) }
        return flags
    }
}
