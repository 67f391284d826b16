import Notation

/// Gives back its arguments. Of the two names, a client leaves the arguments of `echo` as texts and
/// reads those of `echojson` as JSON.
struct Echo: RPCMethod {
    let name: String
    let summary = """
        Simply echo back the input arguments. This command is for testing.

        It will return an internal bug report when arg9='trigger_internal_bug' is passed.

        The difference between echo and echojson is that echojson has argument conversion enabled in the client-side table in cellblock-cli and the GUI. There is no server-side difference.
        """
    let parameters = (0...9).map { index in
        Parameter("arg\(index)", .string, .omitted, "").unchecked()
    }
    let results = [ResultText(.object, "", "Returns whatever was passed in")]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        .array(request.arguments)
    }
}
