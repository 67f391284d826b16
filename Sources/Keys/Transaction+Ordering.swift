internal import Cryptography
public import Primitives

extension Transaction {
    /// The same payment with inputs and outputs in the order of BIP69, which tells nothing about who
    /// made it: inputs by txid as it is displayed, then by index; outputs by value, then by script.
    public var lexicographicallyOrdered: Transaction {
        let inputs = self.inputs.sorted { left, right in
            let (first, second) = (left.outPoint, right.outPoint)
            guard first.txid == second.txid else {
                return first.txid.bytes.reversed()
                    .lexicographicallyPrecedes(second.txid.bytes.reversed())
            }
            return first.index < second.index
        }
        let outputs = self.outputs.sorted { left, right in
            guard left.value == right.value else { return left.value < right.value }
            return left.script.bytes.lexicographicallyPrecedes(right.script.bytes)
        }
        return Transaction(
            version: version, inputs: inputs, outputs: outputs, lockTime: lockTime)
    }
}
