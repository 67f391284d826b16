extension Interpreter {
    /// Conditionals, and the operations that end a script.
    mutating func executeControl(_ opcode: Opcode) throws(ScriptError) {
        switch opcode {
        case .nop: break
        case .if, .notIf: conditions.push(try takeCondition(negated: opcode == .notIf))
        case .else: try conditions.toggle()
        case .endIf: try conditions.pop()
        case .verify:
            try stack.require(1)
            guard stack.topIsTrue else { throw .verify }
            stack.pop()
        case .return: throw .opReturn
        default: throw .badOpcode
        }
    }

    /// Whether the branch that begins here is taken.
    private mutating func takeCondition(negated: Bool) throws(ScriptError) -> Bool {
        guard conditions.areAllTaken else { return false }
        try stack.require(1)
        let isMinimal = stack[0].isEmpty || stack[0].elementsEqual(ScriptStack.trueItem)
        if version == .tapscript, !isMinimal { throw .tapscriptMinimalIf }
        if version == .witnessV0, flags.contains(.minimalIf), !isMinimal { throw .minimalIf }
        return stack.pop().isTrue != negated
    }

    /// The no-ops, and the two lock times made of them.
    mutating func executeExpansion(_ opcode: Opcode) throws(ScriptError) {
        switch opcode {
        case .checkLockTimeVerify:
            if flags.contains(.checkLockTimeVerify) { try requireLockTime() }
        case .checkSequenceVerify:
            if flags.contains(.checkSequenceVerify) { try requireSequence() }
        default:
            if flags.contains(.discourageUpgradableNops) { throw .discourageUpgradableNops }
        }
    }

    /// `OP_CHECKLOCKTIMEVERIFY` (BIP65): the item stays on the stack.
    private func requireLockTime() throws(ScriptError) {
        guard checker.checkLockTime(try lockTimeOperand()) else { throw .unsatisfiedLockTime }
    }

    /// `OP_CHECKSEQUENCEVERIFY` (BIP112): the item stays on the stack.
    private func requireSequence() throws(ScriptError) {
        let sequence = try lockTimeOperand()
        // Room for a later soft fork.
        guard sequence & SequenceBits.disabled == 0 else { return }
        guard checker.checkSequence(sequence) else { throw .unsatisfiedLockTime }
    }

    /// Five bytes, where other numbers have four: a lock time is unsigned and of 32 bits.
    private func lockTimeOperand() throws(ScriptError) -> Int64 {
        try stack.require(1)
        let operand = try stack.number(
            at: 0, requiringMinimal: requiresMinimal, maximumSize: 5)
        guard operand >= 0 else { throw .negativeLockTime }
        return operand
    }
}
