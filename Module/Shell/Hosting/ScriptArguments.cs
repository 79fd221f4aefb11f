using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Containers.Shell.Hosting;

/// <summary>Arguments behind -File: "-Name value", "-Switch", "-Switch:false" and values, bound as pwsh binds them.</summary>
internal static class ScriptArguments
{
    internal static IEnumerable<CommandParameter> Parse(IReadOnlyList<string> arguments)
    {
        foreach (string argument in arguments)
        {
            bool named = argument.Length > 1 && argument[0] == '-' && (char.IsLetter(argument[1]) || argument[1] == '_');
            int colon = named ? argument.IndexOf(':', StringComparison.Ordinal) : -1;
            if (colon > 0 && colon + 1 < argument.Length)
            {
                yield return new CommandParameter(argument[..colon], Value(argument[(colon + 1)..]));
            }
            else
            {
                yield return named ? new CommandParameter(argument) : new CommandParameter(null, argument);
            }
        }
    }

    private static object Value(string text) => text.ToLowerInvariant() switch
    {
        "$true" or "true" => SwitchParameter.Present,
        "$false" or "false" => new SwitchParameter(false),
        _ => text,
    };
}
