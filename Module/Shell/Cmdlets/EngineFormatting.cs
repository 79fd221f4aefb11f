using System.Management.Automation;
using System.Reflection;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Containers.Shell.Cmdlets;

/// <summary>
/// The formatter is in the engine; only its shells Format-Table, Format-List and Out-String are in the Utility module. What
/// these set is not public, hence reflection, all of it here. Checked against System.Management.Automation 7.6.9.
/// </summary>
internal static class EngineFormatting
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
    private const string Namespace = "Microsoft.PowerShell.Commands.Internal.Format.";

    /// <summary>Makes a command format in a shape: "Table" or "List".</summary>
    internal static void UseShape(FrontEndCommandBase command, string shape)
    {
        object value = Enum.Parse(Type("FormatShape"), shape);
        SetImplementation(command, Type("InnerFormatShapeCommand").GetConstructors(Hidden)[0].Invoke([value]));
    }

    /// <summary>Makes a command write formatted lines of so many columns to a writer.</summary>
    internal static void UseWriter(FrontEndCommandBase command, TextWriter writer, int width)
    {
        ConstructorInfo output = Type("TextWriterLineOutput").GetConstructor(Hidden, [typeof(TextWriter), typeof(int)])!;
        object implementation = Type("OutputManagerInner").GetConstructors(Hidden)[0].Invoke([]);
        implementation.GetType().GetProperty("LineOutput", Hidden)!.SetValue(implementation, output.Invoke([writer, width]));
        SetImplementation(command, implementation);
    }

    /// <summary>The exception with which a cmdlet ends the cmdlets before it in the pipeline, as Select-Object -First does.</summary>
    internal static Exception? StopUpstream(PSCmdlet cmdlet) =>
        typeof(PSObject).Assembly.GetType("System.Management.Automation.StopUpstreamCommandsException")?
            .GetConstructors(Hidden)[0].Invoke([cmdlet]) as Exception;

    private static void SetImplementation(FrontEndCommandBase command, object implementation) =>
        typeof(FrontEndCommandBase).GetField("implementation", Hidden)!.SetValue(command, implementation);

    private static Type Type(string name) => typeof(FrontEndCommandBase).Assembly.GetType(Namespace + name, throwOnError: true)!;
}
