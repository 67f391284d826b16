extension Interpreter {
    /// Operations that move items about; each comment shows the stack before and after, the top
    /// last.
    mutating func executeStack(_ opcode: Opcode) throws(ScriptError) {
        try stack.require(opcode.itemsMoved)
        switch opcode {
        case .toAltStack: alternate.push(stack.pop())
        case .fromAltStack:
            guard !alternate.isEmpty else { throw .invalidAltStackOperation }
            stack.push(alternate.pop())
        case .twoDrop: stack.drop(2)
        case .twoDup: copyItems(2, from: 1)  // a b - a b a b
        case .threeDup: copyItems(3, from: 2)  // a b c - a b c a b c
        case .twoOver: copyItems(2, from: 3)  // a b c d - a b c d a b
        case .twoRot:  // a b c d e f - c d e f a b
            stack.push(stack.remove(at: 5))
            stack.push(stack.remove(at: 5))
        case .twoSwap:  // a b c d - c d a b
            stack.swapItems(3, 1)
            stack.swapItems(2, 0)
        case .ifDup: if stack.topIsTrue { stack.push(stack[0]) }
        case .depth: stack.push(number: Int64(stack.count))
        case .drop: stack.pop()
        case .dup: stack.push(stack[0])
        case .nip: stack.remove(at: 1)  // a b - b
        case .over: stack.push(stack[1])  // a b - a b a
        case .pick, .roll: try pick(removing: opcode == .roll)
        case .rot: stack.push(stack.remove(at: 2))  // a b c - b c a
        case .swap: stack.swapItems(1, 0)
        case .tuck: stack.insert(stack[0], below: 2)  // a b - b a b
        default: throw .badOpcode
        }
    }

    /// Pushes copies of `count` items, the lowest of which lies at `depth`.
    private mutating func copyItems(_ count: Int, from depth: Int) {
        for _ in 0..<count { stack.push(stack[depth]) }
    }

    /// `xn … x0 n - xn … x0 xn`, without the first `xn` if it is removed.
    private mutating func pick(removing: Bool) throws(ScriptError) {
        let depth = try stack.number(at: 0, requiringMinimal: requiresMinimal)
        stack.pop()
        guard depth >= 0, depth < stack.count else { throw .invalidStackOperation }
        stack.push(removing ? stack.remove(at: Int(depth)) : stack[Int(depth)])
    }

    /// Size and equality.
    mutating func executeComparison(_ opcode: Opcode) throws(ScriptError) {
        switch opcode {
        case .size:
            try stack.require(1)
            stack.push(number: Int64(stack[0].count))
        case .equal, .equalVerify:
            try stack.require(2)
            let isEqual = stack.pop() == stack.pop()
            if opcode == .equal {
                stack.push(isEqual)
            } else if !isEqual {
                throw .equalVerify
            }
        default: throw .badOpcode
        }
    }
}

extension Opcode {
    /// How many items a stack operation needs before it looks at any.
    fileprivate var itemsMoved: Int {
        switch self {
        case .toAltStack, .ifDup, .drop, .dup: 1
        case .twoDrop, .twoDup, .nip, .over, .pick, .roll, .swap, .tuck: 2
        case .threeDup, .rot: 3
        case .twoOver, .twoSwap: 4
        case .twoRot: 6
        default: 0
        }
    }
}
