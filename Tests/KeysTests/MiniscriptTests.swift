import Genesis
import Keys
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Miniscript") struct MiniscriptTests {
    private func expression(
        _ text: String, in place: MiniscriptExpression.Place
    ) -> MiniscriptExpression? {
        try? MiniscriptExpression(text, in: place, network: .mainnet)
    }

    @Test(
        "Core's expressions get its types, limits and scripts, and are found in the scripts",
        .enabled(if: Vectors.isPresent, Vectors.hint),
        arguments: [MiniscriptExpression.Place.witnessScript, .leaf])
    func vectors(_ place: MiniscriptExpression.Place) throws {
        let rows = try Vectors.rows("core-extracted/miniscript.json")
        #expect(rows.count == 97)
        var valid = 0
        for row in rows {
            let text = try row.member("miniscript").text()
            let modes = Set(try row.member("mode").elements().map { try $0.text() })
            let refused = place == .leaf ? "tapscript_invalid" : "p2wsh_invalid"
            let read = expression(text, in: place)
            guard modes.contains("valid"), !modes.contains(refused) else {
                #expect(read?.isValid != true, "\(text)")
                continue
            }
            let own = try #require(read, "\(text)")
            #expect(own.isValid, "\(text)")
            #expect(own.isNonMalleable == modes.contains("nonmal"), "\(text)")
            #expect(own.needsSignature == modes.contains("needsig"), "\(text)")
            #expect(own.mixesTimeLocks == modes.contains("timelockmix"), "\(text)")
            let script = try #require(own.script)
            #expect(script.count == own.scriptSize, "\(text)")
            if let expected = row[place == .leaf ? "tapscript" : "wsh_script"]?.stringValue {
                #expect(script.hex == expected, "\(text)")
            }
            let size = place == .leaf ? "max_tap_witness_size" : "max_wsh_witness_size"
            for (name, value) in [
                ("ops_limit", own.operations), ("stack_limit", own.witnessItems),
                ("exec_stack_size", own.runningItems), (size, own.witnessSize),
            ] {
                guard let expected = row[name]?.int else { continue }
                #expect(value.map(Int64.init) == expected, "\(name) of \(text)")
            }
            // What is found in the script comes to it again. A key hash does not tell its key.
            if !text.contains("pkh("), !text.contains("pk_h(") {
                #expect(MiniscriptExpression(script, in: place)?.script == script, "\(text)")
            }
            let again = try #require(own.text(on: .mainnet).flatMap { expression($0, in: place) })
            #expect(again == own, "\(text)")
            valid += 1
        }
        #expect(valid == (place == .leaf ? 56 : 63))
    }

    @Test("A threshold of any number of parts that a leaf has room for is read, and found again")
    func manyParts() throws {
        let key = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        let zeros = String(repeating: ",a:0", count: 20_000)
        // Apart from the macro, which would write the text out.
        let found = expression("thresh(1,pk(\(key))\(zeros))", in: .leaf)
        let one = try #require(found)
        #expect(one.isSane)
        let script = try #require(one.script)
        #expect(MiniscriptExpression(script, in: .leaf)?.script == script)
        // All but the first cannot be satisfied.
        let two = expression("thresh(2,pk(\(key))\(zeros))", in: .leaf)
        #expect(two?.isValid == true && two?.isSane == false)
        // 329,482 bytes are the most.
        let more = String(repeating: ",a:0", count: 82_362)
        let none = expression("thresh(1,pk(\(key))\(more))", in: .leaf)
        #expect(none?.isValid != true)
    }

    @Test("Short forms are written where there are some")
    func sugar() throws {
        let key = "03d30199d74fb5a22d47b6e054e2f378cedacffcb89904a61d75d0dbd407143e65"
        for (long, short) in [
            ("c:pk_k(\(key))", "pk(\(key))"), ("vc:pk_h(\(key))", "v:pkh(\(key))"),
            ("and_v(v:0,1)", "tv:0"), ("or_i(0,1)", "l:1"), ("or_i(1,0)", "u:1"),
            ("or_i(0,0)", "l:0"), ("andor(1,1,0)", "and_n(1,1)"),
            ("s:or_i(c:pk_k(\(key)),0)", "su:pk(\(key))"),
        ] {
            let own = expression(long, in: .witnessScript)
            #expect(own?.text(on: .mainnet) == short)
            #expect(expression(short, in: .witnessScript) == own)
        }
    }

    @Test("A text or script of any depth is read or refused")
    func depth() {
        for place in [MiniscriptExpression.Place.witnessScript, .leaf] {
            for (head, middle, tail) in [
                ("n", ":1", ""), ("v", ":1", ""), ("l", ":1", ""), ("t", ":1", ""),
                ("and_v(v:1,", "1", ")"), ("and_b(1,a:", "1", ")"), ("or_i(0,", "0", ")"),
                ("andor(1,", "1", ",0)"), ("thresh(1,", "1", ")"), ("(", "", ")"),
                ("j:", "1", ""), ("and_v(", "1", ",1)"),
            ] {
                for count in [5_000] {
                    let text =
                        String(repeating: head, count: count) + middle
                        + String(repeating: tail, count: count)
                    let own = expression(text, in: place)
                    if let script = own?.script {
                        #expect(script.count == own?.scriptSize)
                        _ = own?.isSane
                        _ = own?.text(on: .mainnet)
                    }
                }
            }
            let repeated: [[UInt8]] = [
                [0x51, 0x92], [0x63], [0x68], [0x51, 0x69], [0x6b], [0x51, 0x51, 0x9a],
                [0x6c, 0x93, 0x87], [0x76, 0x63, 0x68], [0x92], [0x93, 0x51, 0x87],
            ]
            for bytes in repeated {
                for count in [5_000] {
                    let script = Script(Array(repeatElement(bytes, count: count).joined()))
                    _ = MiniscriptExpression(script, in: place)
                    _ = MiniscriptExpression(Script([0x51] + script.bytes), in: place)
                }
            }
        }
    }

    @Test("No cut and no change of a byte brings the readers down", arguments: [1, 2, 3, 4])
    func damage(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let key = "03d30199d74fb5a22d47b6e054e2f378cedacffcb89904a61d75d0dbd407143e65"
        let text =
            "andor(thresh(2,pk(\(key)),s:pk(\(key)),altv:after(100)),or_i(and_v(v:older(16),"
            + "pk_h(\(key))),pkh(\(key))),j:and_v(v:sha256(\(key.dropFirst(2))),u:older(16)))"
        let bytes = Array(text.utf8)
        for _ in 0..<2_000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: changed.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: changed.remove(at: place)
                case 1: changed[place] = UInt8.random(in: 32...126, using: &generator)
                default: changed.removeSubrange(place...)
                }
                if changed.isEmpty { changed = [0x30] }
            }
            let damaged = String(decoding: changed, as: UTF8.self)
            for place in [MiniscriptExpression.Place.witnessScript, .leaf] {
                guard let own = expression(damaged, in: place), own.isValid else { continue }
                let script = try #require(own.script, "seed \(seed): \(damaged)")
                #expect(script.count == own.scriptSize, "seed \(seed): \(damaged)")
                var broken = Array(script.bytes)
                broken[Int.random(in: broken.indices, using: &generator)] ^= 0x41
                _ = MiniscriptExpression(Script(broken), in: place)
            }
        }
    }
}
