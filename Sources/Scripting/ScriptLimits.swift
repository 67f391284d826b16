/// What a script may not exceed.
public enum ScriptLimits {
    /// Bytes of a script, outside tapscript.
    public static let maximumScriptSize = 10_000
    /// Bytes of one item on the stack.
    public static let maximumElementSize = 520
    /// Operations of a script that are no pushes, outside tapscript.
    public static let maximumOperations = 201
    /// Items on both stacks together.
    public static let maximumStackSize = 1_000
    /// Public keys of one `OP_CHECKMULTISIG`.
    public static let maximumMultisigKeys = 20
    /// A lock time below this counts blocks, from it on seconds since 1970.
    public static let lockTimeThreshold: UInt32 = 500_000_000
}
