internal import Cryptography
internal import Primitives
internal import Scripting

extension Miniscript {
    /// A step of writing: a part, and whether a `VERIFY` follows it that its last operation can take
    /// in; or operations that stand beside it.
    private enum ScriptStep {
        case node(Int, isVerified: Bool)
        case operations([Opcode])
        case number(Int)
    }

    /// The script. Keys are given as they are pushed: 33 bytes, or 32 in tapscript.
    func script(keys: [[UInt8]]) -> Script {
        var builder = ScriptBuilder()
        var steps = [ScriptStep.node(root, isVerified: false)]
        while let step = steps.popLast() {
            switch step {
            case .operations(let opcodes):
                for opcode in opcodes { builder.append(opcode) }
            case .number(let number): builder.append(number: Int64(number))
            case .node(let number, let isVerified):
                let node = nodes[number]
                if node.children.isEmpty {
                    write(node.fragment, isVerified: isVerified, keys, to: &builder)
                } else {
                    steps += self.steps(of: node, isVerified: isVerified).reversed()
                }
            }
        }
        return builder.script
    }

    private func steps(of node: Node, isVerified: Bool) -> [ScriptStep] {
        let parts = node.children.map { ScriptStep.node($0, isVerified: false) }
        switch node.fragment {
        case .wrap(.alternative):
            return [.operations([.toAltStack]), parts[0], .operations([.fromAltStack])]
        case .wrap(.swap):
            return [.operations([.swap]), .node(node.children[0], isVerified: isVerified)]
        case .wrap(.check):
            return [parts[0], .operations([isVerified ? .checkSigVerify : .checkSig])]
        case .wrap(.duplicate):
            return [.operations([.dup, .if]), parts[0], .operations([.endIf])]
        case .wrap(.verify):
            let isAdded = nodes[node.children[0]].type.has("x")
            return [
                .node(node.children[0], isVerified: true), .operations(isAdded ? [.verify] : []),
            ]
        case .wrap(.nonZero):
            return [
                .operations([.size, .zeroNotEqual, .if]), parts[0], .operations([.endIf]),
            ]
        case .wrap(.notEqual): return [parts[0], .operations([.zeroNotEqual])]
        case .andV: return [parts[0], .node(node.children[1], isVerified: isVerified)]
        case .andB: return parts + [.operations([.boolAnd])]
        case .orB: return parts + [.operations([.boolOr])]
        case .orC: return [parts[0], .operations([.notIf]), parts[1], .operations([.endIf])]
        case .orD:
            return [parts[0], .operations([.ifDup, .notIf]), parts[1], .operations([.endIf])]
        case .orI:
            return [
                .operations([.if]), parts[0], .operations([.else]), parts[1],
                .operations([.endIf]),
            ]
        case .andOr:
            return [
                parts[0], .operations([.notIf]), parts[2], .operations([.else]), parts[1],
                .operations([.endIf]),
            ]
        case .threshold(let required):
            var steps = [parts[0]]
            for part in parts.dropFirst() { steps += [part, .operations([.add])] }
            return steps + [
                .number(required), .operations([isVerified ? .equalVerify : .equal]),
            ]
        case .zero, .one, .key, .keyHash, .older, .after, .hash, .multi, .multiA: return []
        }
    }

    private func write(
        _ fragment: Fragment, isVerified: Bool, _ keys: [[UInt8]],
        to builder: inout ScriptBuilder
    ) {
        func key(_ number: Int) -> [UInt8] { number < keys.count ? keys[number] : [] }
        switch fragment {
        case .zero: builder.append(number: 0)
        case .one: builder.append(number: 1)
        case .key(let number): builder.append(push: key(number))
        case .keyHash(let number):
            builder.append(.dup)
            builder.append(.hash160)
            builder.append(push: Hash160.hash(key(number).span).bytes)
            builder.append(.equalVerify)
        case .older(let value):
            builder.append(number: Int64(value))
            builder.append(.checkSequenceVerify)
        case .after(let value):
            builder.append(number: Int64(value))
            builder.append(.checkLockTimeVerify)
        case .hash(let function, let hash):
            builder.append(.size)
            builder.append(number: 32)
            builder.append(.equalVerify)
            builder.append(function.opcode)
            builder.append(push: hash)
            builder.append(isVerified ? .equalVerify : .equal)
        case .multi(let required, let list):
            builder.append(number: Int64(required))
            for number in list { builder.append(push: key(number)) }
            builder.append(number: Int64(list.count))
            builder.append(isVerified ? .checkMultiSigVerify : .checkMultiSig)
        case .multiA(let required, let list):
            for (place, number) in list.enumerated() {
                builder.append(push: key(number))
                builder.append(place == 0 ? .checkSig : .checkSigAdd)
            }
            builder.append(number: Int64(required))
            builder.append(isVerified ? .numEqualVerify : .numEqual)
        case .wrap, .andV, .andB, .orB, .orC, .orD, .orI, .andOr, .threshold: break
        }
    }
}

extension Miniscript.HashFunction {
    var opcode: Opcode {
        switch self {
        case .sha256: .sha256
        case .hash256: .hash256
        case .ripemd160: .ripemd160
        case .hash160: .hash160
        }
    }
}
