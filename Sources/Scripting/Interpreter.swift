import Primitives

/// A script while it runs: a stack machine without loops, which fails or ends with a stack.
struct Interpreter<Checker: SignatureChecker> {
    let script: ArraySlice<UInt8>
    let flags: ScriptFlags
    let version: SignatureVersion
    var checker: Checker

    var stack: ScriptStack
    var alternate = ScriptStack()
    var conditions = ConditionStack()
    var reader: InstructionReader

    /// Operations so far that were no pushes.
    var operationCount = 0
    /// Where the script code of signatures begins: behind the last executed `OP_CODESEPARATOR`.
    var codeStart: Int
    /// Which instruction is executed, counted from zero.
    var position: UInt32 = 0
    /// Annex and leaf, in tapscript.
    var taproot: TaprootContext
    /// What tapscript may still spend on signatures, in units of weight (BIP342).
    var validationWeight: Int

    init(
        _ script: ArraySlice<UInt8>, stack: ScriptStack, flags: ScriptFlags,
        version: SignatureVersion, checker: Checker, taproot: TaprootContext = TaprootContext(),
        validationWeight: Int = 0
    ) {
        self.script = script
        self.stack = stack
        self.flags = flags
        self.version = version
        self.checker = checker
        self.taproot = taproot
        self.validationWeight = validationWeight
        reader = InstructionReader(script)
        codeStart = script.startIndex
    }

    var requiresMinimal: Bool { flags.contains(.minimalData) }

    /// Runs the script to its end.
    mutating func run() throws(ScriptError) {
        if version != .tapscript, script.count > ScriptLimits.maximumScriptSize {
            throw .scriptSize
        }
        while !reader.isAtEnd {
            guard let step = reader.next() else { throw .badOpcode }
            try execute(step)
            guard stack.count + alternate.count <= ScriptLimits.maximumStackSize else {
                throw .stackSize
            }
            position &+= 1
        }
        guard conditions.isEmpty else { throw .unbalancedConditional }
    }

    /// Executes one instruction, or passes over it in a branch not taken. Some rules hold there
    /// too, and they come first.
    private mutating func execute(_ step: Instruction) throws(ScriptError) {
        guard step.data.count <= ScriptLimits.maximumElementSize else { throw .pushSize }
        if !step.isPush { try countOperations(1) }
        let opcode = step.opcode
        if let opcode { try refuseEvenIfNotTaken(opcode) }
        if step.isDataPush {
            guard conditions.areAllTaken else { return }
            if requiresMinimal, !step.isMinimalPush { throw .minimalData }
            stack.push(step.data)
        } else if conditions.areAllTaken || step.isConditional {
            guard let opcode else { throw .badOpcode }
            try execute(opcode)
        }
    }

    mutating func countOperations(_ count: Int) throws(ScriptError) {
        guard version != .tapscript else { return }
        operationCount += count
        guard operationCount <= ScriptLimits.maximumOperations else { throw .operationCount }
    }

    private func refuseEvenIfNotTaken(_ opcode: Opcode) throws(ScriptError) {
        if opcode.isDisabled { throw .disabledOpcode }
        if opcode == .codeSeparator, version == .base, flags.contains(.constantScriptCode) {
            throw .opCodeSeparator
        }
    }

    private mutating func execute(_ opcode: Opcode) throws(ScriptError) {
        switch opcode.rawValue {
        case Opcode.oneNegate.rawValue: stack.push(number: -1)
        case Opcode.op1.rawValue...Opcode.op16.rawValue:
            stack.push(number: Int64(opcode.rawValue - Opcode.op1.rawValue) + 1)
        case Opcode.nop.rawValue...Opcode.return.rawValue: try executeControl(opcode)
        case Opcode.toAltStack.rawValue...Opcode.tuck.rawValue: try executeStack(opcode)
        case Opcode.size.rawValue...Opcode.equalVerify.rawValue: try executeComparison(opcode)
        case Opcode.oneAdd.rawValue...Opcode.within.rawValue: try executeArithmetic(opcode)
        case Opcode.ripemd160.rawValue...Opcode.hash256.rawValue: try executeHash(opcode)
        case Opcode.codeSeparator.rawValue...Opcode.checkMultiSigVerify.rawValue,
            Opcode.checkSigAdd.rawValue:
            try executeSignature(opcode)
        case Opcode.nop1.rawValue...Opcode.nop10.rawValue: try executeExpansion(opcode)
        default: throw .badOpcode
        }
    }
}

extension Instruction {
    /// Whether the instruction is looked at in a branch not taken, as the conditionals must be.
    /// `OP_VERIF` and `OP_VERNOTIF` are among them, and so fail a script wherever they stand.
    fileprivate var isConditional: Bool {
        (Opcode.if.rawValue...Opcode.endIf.rawValue).contains(byte)
    }
}
