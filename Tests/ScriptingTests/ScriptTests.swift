import Cryptography
import Primitives
import Scripting
import Testing

@Suite("Scripts")
struct ScriptTests {
    @Test("A push has the shortest length before it, on both sides of each edge")
    func pushes() {
        let edges: [(count: Int, prefix: [UInt8])] = [
            (0, [0]), (1, [1]), (75, [75]), (76, [0x4c, 76]), (255, [0x4c, 255]),
            (256, [0x4d, 0, 1]), (65_535, [0x4d, 255, 255]), (65_536, [0x4e, 0, 0, 1, 0]),
        ]
        for edge in edges {
            let data = [UInt8](repeating: 0xab, count: edge.count)
            let script = ScriptBuilder().adding(push: data).script
            #expect(Array(script.bytes) == edge.prefix + data)
            var reader = InstructionReader(script.bytes)
            let step = reader.next()
            #expect(step?.data.elementsEqual(data) == true)
            #expect(step?.isMinimalPush == true)
            #expect(reader.isAtEnd)
        }
    }

    @Test(
        "A push cut short is no instruction",
        arguments: [
            [1], [75, 0], [0x4c], [0x4c, 1], [0x4d, 0], [0x4d, 1, 0], [0x4e, 0, 0, 0],
            [0x4e, 255, 255, 255, 255],
        ] as [[UInt8]])
    func truncatedPushes(_ bytes: [UInt8]) {
        var reader = InstructionReader(bytes[...])
        #expect(reader.next() == nil)
        #expect(!Script(bytes).isPushOnly)
        #expect(Script(bytes).asm() == "[error]")
    }

    @Test("Numbers have the bytes that Core gives them, and come back")
    func numbers() {
        let known: [(Int64, [UInt8])] = [
            (0, []), (1, [1]), (-1, [0x81]), (127, [0x7f]), (-127, [0xff]), (128, [0x80, 0]),
            (-128, [0x80, 0x80]), (255, [0xff, 0]), (-255, [0xff, 0x80]), (256, [0, 1]),
            (0x7fff_ffff, [255, 255, 255, 0x7f]), (-0x7fff_ffff, [255, 255, 255, 255]),
            (0xffff_ffff, [255, 255, 255, 255, 0]),
        ]
        for (value, bytes) in known {
            #expect(ScriptNumber.encode(value) == bytes)
            let read = ScriptNumber(bytes[...], requiringMinimal: true, maximumSize: 5)
            #expect(read?.value == value)
        }
        #expect(ScriptNumber.encode(.min).count == 9)
        #expect(ScriptNumber.encode(.max).count == 8)
    }

    @Test("Numbers too long, or longer than needed where that counts, are refused")
    func refusedNumbers() {
        #expect(ScriptNumber([1, 2, 3, 4, 5], requiringMinimal: false) == nil)
        #expect(ScriptNumber([0], requiringMinimal: true) == nil)
        #expect(ScriptNumber([0x80], requiringMinimal: true) == nil)
        #expect(ScriptNumber([1, 0], requiringMinimal: true) == nil)
        #expect(ScriptNumber([0x80], requiringMinimal: false)?.value == 0)
        #expect(ScriptNumber([1, 0], requiringMinimal: false)?.value == 1)
    }

    @Test("Each template is recognised from the script that pays to it")
    func templates() {
        let hash160 = Hash160.hash([1].span)
        let hash256 = SHA256.hash([1].span)
        let key: [UInt8] = [2] + [UInt8](repeating: 7, count: 32)
        let known: [(Script, ScriptTemplate, String)] = [
            (.payToPubKey(key), .pubKey(key[...]), "pubkey"),
            (.payToPubKeyHash(hash160), .pubKeyHash(hash160), "pubkeyhash"),
            (.payToScriptHash(hash160), .scriptHash(hash160), "scripthash"),
            (
                .multisig(required: 1, publicKeys: [key, key]),
                .multisig(required: 1, publicKeys: [key[...], key[...]]), "multisig"
            ),
            (.nullData([1, 2, 3]), .nullData, "nulldata"),
            (.payToAnchor, .anchor, "anchor"),
            (.payToWitnessPubKeyHash(hash160), .witnessV0KeyHash(hash160), "witness_v0_keyhash"),
            (
                .payToWitnessScriptHash(hash256), .witnessV0ScriptHash(hash256),
                "witness_v0_scripthash"
            ),
            (
                .payToTaproot(outputKey: key.dropFirst()), .witnessV1Taproot(key.dropFirst()),
                "witness_v1_taproot"
            ),
            (
                .witness(version: 16, program: [1, 2]),
                .witnessUnknown(version: 16, program: [1, 2]), "witness_unknown"
            ),
            (.witness(version: 0, program: [1, 2]), .nonstandard, "nonstandard"),
            ([], .nonstandard, "nonstandard"),
        ]
        for (script, template, name) in known {
            #expect(script.template == template)
            #expect(script.template.typeName == name)
        }
    }

    @Test("Signature checks are counted as in the oldest count, and accurately")
    func signatureOperations() {
        let key: [UInt8] = [2] + [UInt8](repeating: 7, count: 32)
        let multisig = Script.multisig(required: 1, publicKeys: [key, key])
        #expect(multisig.sigOpCount(accurate: false) == 20)
        #expect(multisig.sigOpCount(accurate: true) == 2)
        #expect(Script.payToPubKey(key).sigOpCount(accurate: false) == 1)

        let hash = Hash160.hash(multisig.span)
        let scriptSig = ScriptBuilder().adding(.op0).adding(push: multisig.bytes).script
        #expect(
            SignatureOperations.payToScriptHash(
                scriptSig: scriptSig, scriptPubKey: .payToScriptHash(hash)) == 2)
        let busy = ScriptBuilder(Array(scriptSig.bytes)).adding(.nop).script
        #expect(
            SignatureOperations.payToScriptHash(
                scriptSig: busy, scriptPubKey: .payToScriptHash(hash)) == 0)

        let program = Script.payToWitnessScriptHash(SHA256.hash(multisig.span))
        let witness = Witness([[], Array(multisig.bytes)])
        for flags in [ScriptFlags.witness, []] {
            let count = SignatureOperations.witness(
                scriptSig: [], scriptPubKey: program, witness: witness, flags: flags)
            #expect(count == (flags.isEmpty ? 0 : 2))
        }
        #expect(
            SignatureOperations.witness(
                scriptSig: ScriptBuilder().adding(push: program.bytes).script,
                scriptPubKey: .payToScriptHash(Hash160.hash(program.span)), witness: witness,
                flags: .witness) == 2)
    }

    @Test("Assembly shows numbers, data, operations and hash types as Core does")
    func assembly() throws {
        #expect(
            Script([0x76, 0xa9, 0x01, 0x05, 0x88, 0xac]).asm()
                == "OP_DUP OP_HASH160 5 OP_EQUALVERIFY OP_CHECKSIG")
        #expect(
            Script([0x00, 0x4f, 0x60, 0x50, 0xba, 0xbb, 0xff]).asm()
                == "0 -1 16 OP_RESERVED OP_CHECKSIGADD OP_UNKNOWN OP_INVALIDOPCODE")
        #expect(Script([0x04, 0xff, 0xff, 0xff, 0xff]).asm() == "-2147483647")
        #expect(Script([0x05, 1, 2, 3, 4, 5]).asm() == "0102030405")
        let signature: [UInt8] = [0x30, 6, 2, 1, 1, 2, 1, 1, 0x81]
        let script = ScriptBuilder().adding(push: signature).script
        #expect(script.asm() == "300602010102010181")
        #expect(
            script.asm(decodingSignatureHashTypes: true) == "3006020101020101[ALL|ANYONECANPAY]")
    }

    @Test("Flags have Core's names and bits")
    func flags() {
        #expect(ScriptFlags(names: "P2SH,TAPROOT") == [.p2sh, .taproot])
        #expect(ScriptFlags(names: "") == [])
        #expect(ScriptFlags(names: "NONE") == [])
        #expect(ScriptFlags(names: "P2SH,NEVER") == nil)
        #expect(ScriptFlags.all.names.count == 21)
        #expect(ScriptFlags.standard.isSuperset(of: .mandatory))
        #expect(ScriptFlags.all.subtracting(.standard) == .signaturePushOnly)
    }

    @Test("Each error has a name of its own and a sentence")
    func errors() {
        #expect(Set(ScriptError.allCases.map(\.name)).count == ScriptError.allCases.count)
        #expect(Set(ScriptError.allCases.map(\.message)).count == ScriptError.allCases.count)
    }
}
