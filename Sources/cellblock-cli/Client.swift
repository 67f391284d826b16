import Notation

/// The client as a whole: arguments in, text and exit status out.
struct Client {
    private var settings: Settings
    private var input = StandardInput()

    /// Runs it with the arguments after the program's name, and returns the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        var settings: Settings
        do throws(Failure) {
            settings = try Settings(arguments: arguments)
        } catch {
            System.printError("Error parsing command line arguments: \(error.message)\n")
            return 1
        }
        let wantsHelp = ["?", "h", "help"].contains { settings.isSet($0) }
        if arguments.isEmpty || wantsHelp || settings.isOn("version") {
            System.print(settings.isOn("version") ? Help.version : Help.usage)
            guard arguments.isEmpty else { return 0 }
            System.printError("Error: too few parameters\n")
            return 1
        }
        guard settings.dataDirectoryExists else {
            System.printError(
                "Error: Specified data directory \"\(settings.text("datadir") ?? "")\" "
                    + "does not exist.\n")
            return 1
        }
        do throws(Failure) {
            try settings.readFile()
        } catch {
            System.printError("Error reading configuration file: \(error.message)\n")
            return 1
        }
        do throws(Failure) {
            try settings.chooseChain()
        } catch {
            System.printError("Error: \(error.message)\n")
            return 1
        }
        var client = Client(settings: settings)
        return client.run()
    }

    private init(settings: Settings) { self.settings = settings }

    private mutating func run() -> Int32 {
        let outcome: Outcome
        do throws(Failure) {
            outcome = try perform()
        } catch {
            outcome = Outcome(status: 1, text: "error: \(error.message)")
        }
        if !outcome.text.isEmpty {
            let write = outcome.status == 0 ? System.print : System.printError
            write(outcome.text + "\n")
        }
        return outcome.status
    }

    /// What is printed in the end, and the exit status.
    private struct Outcome {
        var status: Int32 = 0
        var text = ""
    }

    private mutating func perform() throws(Failure) -> Outcome {
        var words = try takeSecrets(settings.words)
        if settings.isOn("stdin") {
            while let line = input.readLine() { words.append(line) }
            if StandardInput.isTerminal { System.print("\n") }
        }
        try refuseSeveralCommands()
        let caller = Caller(settings: settings)
        let wallet = settings.isNegated("rpcwallet") ? nil : settings.text("rpcwallet")

        let request: any Request
        if settings.isOn("getinfo") {
            request = GetInfoRequest(words: words)
        } else if settings.isOn("netinfo") {
            if words.first == "h" || words.first == "help" {
                return Outcome(text: NetInfoHelp.text)
            }
            request = NetInfoRequest(words: words, chain: settings.chain)
        } else if settings.isOn("generate") {
            let made = try caller.call(MethodRequest(method: "getnewaddress"), wallet: wallet)
            guard made.member("error").isNull else {
                return try Self.outcome(ofError: made.member("error"))
            }
            request = try GenerateRequest(
                address: made.member("result").expectText(), words: words)
        } else if settings.isOn("addrinfo") {
            request = AddressInfoRequest(words: words)
        } else {
            guard let method = words.first else {
                throw Failure("too few parameters (need at least command)")
            }
            request = MethodRequest(
                method: method, words: [String](words.dropFirst()),
                isNamed: settings.isOn("named"), id: settings.text("rpcid") ?? "1")
        }
        return try outcome(of: request, caller, wallet)
    }

    private func outcome(
        of request: any Request, _ caller: Caller, _ wallet: String?
    ) throws(Failure) -> Outcome {
        let reply = try caller.call(request, wallet: wallet)
        guard reply.member("error").isNull else {
            return try Self.outcome(ofError: reply.member("error"))
        }
        var result = reply.member("result")
        if settings.isOn("getinfo") {
            let balances = wallet == nil ? try balancesOfAll(caller) : nil
            let report = GetInfoReport(
                info: result, isColored: try isColored, balances: balances)
            result = .string(try report.text())
        }
        switch result {
        case .null: return Outcome()
        case .string(let text): return Outcome(text: text)
        default: return Outcome(text: result.text(indent: 2))
        }
    }

    /// The words for an error of the server's; its code is the exit status.
    private static func outcome(ofError error: JSON) throws(Failure) -> Outcome {
        let code = error.member("code")
        let status = Int32(truncatingIfNeeded: abs(try code.expectInteger()))
        var text = "error code: \(code.plainText)\n"
        if let message = error.member("message").stringValue {
            text += "error message:\n" + message
        }
        let walletNotSpecified = 19
        if status == walletNotSpecified {
            text +=
                " Or for the CLI, specify the \"-rpcwallet=<walletname>\" option before the command"
                + " (run \"bitcoin-cli -h\" for help or \"bitcoin-cli listwallets\" to see which "
                + "wallets are currently loaded)."
        }
        return Outcome(status: status, text: text)
    }

    /// Where several wallets are loaded, what is in each.
    private func balancesOfAll(_ caller: Caller) throws(Failure) -> JSONObject? {
        let listed = try caller.call(MethodRequest(method: "listwallets"), wallet: nil)
        guard listed.member("error").isNull,
            let wallets = listed.member("result").array, wallets.count > 1
        else { return nil }
        var balances = JSONObject()
        for wallet in wallets {
            let name = try wallet.expectText()
            let reply = try caller.call(MethodRequest(method: "getbalances"), wallet: name)
            balances[name] = reply.member("result").member("mine").member("trusted")
        }
        return balances
    }

    private var isColored: Bool {
        get throws(Failure) {
            switch settings.text("color") ?? "auto" {
            case "always": return true
            case "never": return false
            case "auto": return System.isTerminal(1)
            default:
                throw Failure(
                    "Invalid value for -color option. Valid values: always, auto, never.")
            }
        }
    }

    /// Reads the password and the passphrase that are to come by the standard input.
    private mutating func takeSecrets(_ words: [String]) throws(Failure) -> [String] {
        var words = words
        if settings.isOn("stdinrpcpass") {
            guard let password = input.readSecret(prompt: "RPC password> ") else {
                throw Failure(
                    "-stdinrpcpass specified but failed to read from standard input")
            }
            settings.force("rpcpassword", password)
        }
        if settings.isOn("stdinwalletpassphrase") {
            guard words.first?.hasPrefix("walletpassphrase") == true else {
                throw Failure(
                    "-stdinwalletpassphrase is only applicable for walletpassphrase(change)")
            }
            guard let passphrase = input.readSecret(prompt: "Wallet passphrase> ") else {
                throw Failure(
                    "-stdinwalletpassphrase specified but failed to read from standard input")
            }
            words.insert(passphrase, at: 1)
        }
        return words
    }

    private func refuseSeveralCommands() throws(Failure) {
        let given = ["addrinfo", "generate", "getinfo", "netinfo"].filter(settings.isSet)
        guard given.count <= 1 else {
            let list = given.map { "-\($0)" }.joined(separator: ", ")
            throw Failure("Only one of \(list) may be specified.")
        }
    }
}
