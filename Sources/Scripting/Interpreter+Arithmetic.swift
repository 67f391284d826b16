extension Interpreter {
    /// Operations on numbers. Operands are short enough that no result overflows.
    mutating func executeArithmetic(_ opcode: Opcode) throws(ScriptError) {
        switch opcode {
        case .oneAdd, .oneSub, .negate, .abs, .not, .zeroNotEqual: try executeUnary(opcode)
        case .within: try executeWithin()
        default: try executeBinary(opcode)
        }
    }

    private mutating func executeUnary(_ opcode: Opcode) throws(ScriptError) {
        try stack.require(1)
        let value = try number(at: 0)
        stack.pop()
        switch opcode {
        case .oneAdd: stack.push(number: value + 1)
        case .oneSub: stack.push(number: value - 1)
        case .negate: stack.push(number: -value)
        case .abs: stack.push(number: abs(value))
        case .not: stack.push(value == 0)
        default: stack.push(value != 0)
        }
    }

    private mutating func executeBinary(_ opcode: Opcode) throws(ScriptError) {
        try stack.require(2)
        let left = try number(at: 1)
        let right = try number(at: 0)
        stack.drop(2)
        switch opcode {
        case .add: stack.push(number: left + right)
        case .sub: stack.push(number: left - right)
        case .boolAnd: stack.push(left != 0 && right != 0)
        case .boolOr: stack.push(left != 0 || right != 0)
        case .numEqual: stack.push(left == right)
        case .numEqualVerify: guard left == right else { throw .numEqualVerify }
        case .numNotEqual: stack.push(left != right)
        case .lessThan: stack.push(left < right)
        case .greaterThan: stack.push(left > right)
        case .lessThanOrEqual: stack.push(left <= right)
        case .greaterThanOrEqual: stack.push(left >= right)
        case .min: stack.push(number: min(left, right))
        case .max: stack.push(number: max(left, right))
        default: throw .badOpcode
        }
    }

    /// `x low high - (low <= x < high)`
    private mutating func executeWithin() throws(ScriptError) {
        try stack.require(3)
        let value = try number(at: 2)
        let low = try number(at: 1)
        let high = try number(at: 0)
        stack.drop(3)
        stack.push(low <= value && value < high)
    }

    func number(at depth: Int) throws(ScriptError) -> Int64 {
        try stack.number(at: depth, requiringMinimal: requiresMinimal)
    }
}
