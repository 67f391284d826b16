import Options
import TestSupport
import Testing

/// What the options mean is tried on a whole node (NodeTests `ConfigurationTests`); here how their
/// texts are read.
@Suite("Texts of options") struct SettingsTests {
    @Test("A file has options at its top and under headings, with comments and ends of any kind")
    func file() throws {
        var settings = Settings()
        try settings.readFile(
            "\u{9} server = 1 # yes\r\n\n#port=1\nsignet.port=5\n[regtest]\nport=18444\n"
                + "connect=a b\nnoconnect=1\nconnect==c")
        #expect(settings.sections[""] == ["server": [.text("1")]])
        #expect(settings.sections["regtest"]?["connect"] == [.text("a b"), .no, .text("=c")])
        #expect(settings.sections["regtest"]?["port"] == [.text("18444")])
        #expect(settings.sections["signet"] == ["port": [.text("5")]])
    }

    @Test("A mark over a sign leaves the sign what it is")
    func combiningMarks() throws {
        var settings = Settings()
        try settings.readFile("uacomment=\u{301}a#\u{301}b")
        #expect(settings.sections[""] == ["uacomment": [.text("\u{301}a")]])
        try settings.readCommandLine(["-uacomment=\u{301}", "--nolisten"])
        #expect(settings.commandLine == ["uacomment": [.text("\u{301}")], "listen": [.no]])
    }

    @Test(
        "A line that is no option is refused, and the line is named",
        arguments: [
            ("server=1\n-port=5", "parse error on line 2: -port=5, options in configuration"),
            ("\nnoserver", "parse error on line 2: noserver, if you intended to specify a negated"),
            ("rpcpassword=a#b", "parse error on line 1, using # in rpcpassword"),
            ("conf=x", "conf cannot be set in the configuration file"),
            ("what=1", "Invalid configuration value what"),
            ("nodatadir=1", "Negating of -datadir is meaningless"),
        ])
    func refused(_ text: String, _ words: String) {
        var settings = Settings()
        let error = #expect(throws: ConfigurationError.self) { try settings.readFile(text) }
        #expect(error?.description.hasPrefix(words) == true, "\(error?.description ?? "")")
    }

    @Test("A settings.json has each option once, with a value or several")
    func written() throws {
        var settings = Settings()
        let bytes = Array(#"{"prune":550,"wallet":["a",false,"b"],"server":true}"#.utf8)
        try settings.readWritten(bytes, at: "settings.json")
        #expect(settings.list("wallet") == ["b"])
        #expect(settings.int("prune", default: 0) == 550)
        #expect(settings.bool("server", default: false))
        for text in ["[]", "{", #"{"a":1,"a":2}"#] {
            #expect(throws: ConfigurationError.self) {
                var settings = Settings()
                try settings.readWritten(Array(text.utf8), at: "settings.json")
            }
        }
    }
}
