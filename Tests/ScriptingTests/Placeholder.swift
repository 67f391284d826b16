// ScriptingTests
