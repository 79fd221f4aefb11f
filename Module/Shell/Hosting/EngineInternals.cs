using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace Containers.Shell.Hosting;

/// <summary>
/// Two switches of the engine that only pwsh's own host can reach, hence reflection. Checked against System.Management.Automation 7.6.9.
/// </summary>
internal static class EngineInternals
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>The next script that says `exit` ends the host instead of only setting $LASTEXITCODE.</summary>
    internal static void LetScriptExit(Runspace runspace)
    {
        object context = typeof(Runspace).GetProperty("ExecutionContext", Hidden)!.GetValue(runspace)!;
        context.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Hidden)!.SetValue(context, true);
    }

    /// <summary>Marks an object as written to the error stream, so that Out-Default sends it to standard error.</summary>
    internal static void MarkAsError(PSObject value)
    {
        PropertyInfo stream = typeof(PSObject).GetProperty("WriteStream", Hidden)!;
        stream.SetValue(value, Enum.Parse(stream.PropertyType, "Error"));
    }
}
