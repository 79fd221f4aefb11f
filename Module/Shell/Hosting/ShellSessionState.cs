using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace Containers.Shell.Hosting;

/// <summary>The commands a session starts with: those of the engine, and ours in place of the Utility and Management modules.</summary>
public static class ShellSessionState
{
    private static readonly (string Name, string Definition)[] s_aliases =
    [
        ("ls", "Get-ChildItem"), ("cat", "Get-Content"), ("sort", "Sort-Object"), ("cp", "Copy-Item"),
        ("mv", "Move-Item"), ("rm", "Remove-Item"),
        ("write", "Write-Output"), ("sleep", "Start-Sleep"),
    ];

    /// <summary>The state a runspace of the shell is made from.</summary>
    public static InitialSessionState Create()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        foreach (Type type in typeof(ShellSessionState).Assembly.GetTypes())
        {
            if (type.GetCustomAttribute<CmdletAttribute>() is { } cmdlet)
            {
                state.Commands.Add(new SessionStateCmdletEntry($"{cmdlet.VerbName}-{cmdlet.NounName}", type, null));
            }
        }

        foreach ((string name, string definition) in s_aliases)
        {
            state.Commands.Add(new SessionStateAliasEntry(name, definition));
        }

        return state;
    }
}
