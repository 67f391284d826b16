import Foundation
import Notation
import Testing

@Suite("Calls to a running node")
struct CallTests {
    @Test("Answers have Core's form and status in each version of JSON-RPC")
    func versions() throws {
        let node = try NodeProcess()
        try node.start()

        let old = try node.post(#"{"id":"a","method":"getblockcount"}"#)
        #expect(old.status == 200)
        #expect(old.headers["content-type"] == "application/json")
        #expect(
            old.text
                == #"{"result":0,"error":null,"id":"a"}"# + "\n")
        let new = try node.post(#"{"jsonrpc":"2.0","id":7,"method":"getblockcount"}"#)
        #expect(new.json == ["jsonrpc": "2.0", "result": 0, "id": 7])

        let unknown = #""method":"nosuchmethod""#
        #expect(try node.post("{\"id\":1,\(unknown)}").status == 404)
        let unknownNew = try node.post("{\"jsonrpc\":\"2.0\",\"id\":1,\(unknown)}")
        #expect(unknownNew.status == 200)
        #expect(unknownNew.json["error"]?["code"] == -32601)

        #expect(try node.post("{").status == 500)
        #expect(try node.post("{").json["error"]?["code"] == -32700)
        #expect(try node.post(#"{"id":1}"#).status == 400)
        #expect(try node.post("7").json["error"]?["message"] == "Top-level object parse error")
    }

    @Test("A batch is answered in order, notifications not at all")
    func batches() throws {
        let node = try NodeProcess()
        try node.start()

        let answer = try node.post(
            """
            [{"jsonrpc":"2.0","id":1,"method":"echo","params":[1]},
             {"jsonrpc":"2.0","method":"echo"},
             {"id":2,"method":"nosuchmethod"}, 5]
            """)
        #expect(answer.status == 200)
        #expect(answer.json.array?.count == 3)
        #expect(answer.json[0] == ["jsonrpc": "2.0", "result": [1], "id": 1])
        #expect(answer.json[1]?["error"]?["code"] == -32601)
        #expect(answer.json[2]?["error"]?["code"] == -32600)

        let silent = try node.post(#"[{"jsonrpc":"2.0","method":"echo"}]"#)
        #expect(silent.status == 204)
        #expect(silent.body.isEmpty)
        #expect(try node.post("[]").json == [])
    }

    @Test("Arguments can be given by name, by position, and both")
    func named() throws {
        let node = try NodeProcess()
        try node.start()

        #expect(try node.result("echo", ["arg1": 5]) == [nil, 5])
        #expect(try node.result("echo", ["args": [1, 2], "arg3": 4]) == [1, 2, nil, 4])
        let twice = try node.answer("echo", ["args": [1], "arg0": 4])
        #expect(
            twice["error"]?["message"]
                == "Parameter arg0 specified twice both as positional and named argument")
        let unknown = try node.answer("getblockhash", ["hight": 0])
        #expect(unknown["error"] == ["code": -8, "message": "Unknown named parameter hight"])
    }

    @Test("Wrong arguments are refused with Core's words")
    func wrongArguments() throws {
        let node = try NodeProcess()
        try node.start()

        let kind = try node.answer("getblockhash", ["0"])["error"]
        #expect(kind?["code"] == -3)
        #expect(
            kind?["message"]?.stringValue == """
                Wrong type passed:
                {
                    "Position 1 (height)": "JSON value of type string is not of expected type number"
                }
                """)
        let few = try node.answer("getblockhash")["error"]
        #expect(few?["code"] == -1)
        #expect(few?["message"]?.stringValue?.hasPrefix("getblockhash height\n\n") == true)
        let range = try node.answer("getblockhash", [7])["error"]
        #expect(range == ["code": -8, "message": "Block height out of range"])
        let size = try node.answer("getblockhash", [.number("4294967296")])["error"]
        #expect(size == ["code": -1, "message": "JSON integer out of range"])
        let hash = try node.answer("getblock", ["00"])["error"]
        #expect(
            hash?["message"] == "blockhash must be of length 64 (not 2, for '00')")
    }

    @Test("Help lists all methods, and explains each of them")
    func help() throws {
        let node = try NodeProcess()
        try node.start()

        let overview = try #require(try node.result("help").stringValue)
        #expect(overview.hasPrefix("== Blockchain ==\n"))
        #expect(overview.contains("\ngetblock \"blockhash\" ( verbosity )\n"))
        #expect(!overview.contains("setmocktime"))
        for line in overview.split(separator: "\n") where !line.hasPrefix("==") {
            let name = String(line.prefix { $0 != " " })
            let text = try node.result("help", [.string(name)]).stringValue
            #expect(text?.hasPrefix("\(line)\n\n") == true, "\(name)")
        }
        #expect(try node.result("help", ["nosuch"]) == "help: unknown command: nosuch")
    }
}
