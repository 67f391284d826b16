import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Assembly and templates as Core answers", .enabled(if: Vectors.isPresent, Vectors.hint))
struct AssemblyVectorTests {
    @Test("Scripts of decodescript.main.jsonl have Core's assembly and type")
    func decodedScripts() throws {
        var count = 0
        for row in try Vectors.lines("rpc/decodescript.main.jsonl") {
            let script = Script(try row.member("params").element(0).bytes())
            let result = try row.member("result")
            #expect(script.asm() == result["asm"]?.stringValue)
            #expect(script.template.typeName == result["type"]?.stringValue)
            count += 1
        }
        #expect(count == 266)
    }

    @Test("Scripts of decoderawtransaction.main.jsonl have Core's assembly, hash types and type")
    func decodedTransactions() throws {
        var count = 0
        for row in try Vectors.lines("rpc/decoderawtransaction.main.jsonl") {
            for input in row["result"]?["vin"]?.array ?? [] {
                guard let script = input["scriptSig"] else { continue }
                let decoded = try Script(script.member("hex").bytes())
                let asm = decoded.asm(decodingSignatureHashTypes: true)
                #expect(asm == script["asm"]?.stringValue)
                count += 1
            }
            for output in row["result"]?["vout"]?.array ?? [] {
                let script = try output.member("scriptPubKey")
                let decoded = try Script(script.member("hex").bytes())
                #expect(decoded.asm() == script["asm"]?.stringValue)
                #expect(decoded.template.typeName == script["type"]?.stringValue)
                count += 1
            }
        }
        #expect(count == 1087 + 1145)
    }
}
