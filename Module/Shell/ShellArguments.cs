namespace Containers.Shell;

/// <summary>The command line. Names may be shortened as pwsh's may, and are not case-sensitive.</summary>
internal sealed record ShellArguments
{
    internal const string Usage = """
        containers-shell [-Module PATH] [-Command TEXT | -File PATH [ARGUMENT ...]]

          -Command TEXT   Runs the text. "-" reads commands from standard input.
          -File PATH      Runs the script with the arguments behind it; -File may be left out.
          -Module PATH    Imports this module instead of ../Containers/Containers.psd1 ($CONTAINERS_MODULE_PATH does the same).
          -Version        Prints the version.
          -Help           Prints this text.
          -NoProfile, -NoLogo, -NonInteractive are accepted for the sake of scripts written for pwsh.

        With neither, commands are read from the terminal, or from standard input when that is none.
        """;

    internal string? Command { get; private init; }

    internal string? File { get; private init; }

    internal IReadOnlyList<string> FileArguments { get; private init; } = [];

    internal string? Module { get; private init; }

    internal bool ShowVersion { get; private init; }

    internal bool ShowHelp { get; private init; }

    /// <summary>What is wrong with the command line, or null.</summary>
    internal string? Error { get; private init; }

    internal static ShellArguments Parse(IReadOnlyList<string> arguments)
    {
        ShellArguments result = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument.Length < 2 || argument[0] != '-')
            {
                return argument == "-"
                    ? result with { Command = "-" }
                    : result with { File = argument, FileArguments = [.. arguments.Skip(i + 1)] };
            }

            string name = argument.TrimStart('-').ToLowerInvariant();
            bool last = i + 1 == arguments.Count;
            switch (name)
            {
                case "c" or "command":
                    // As with pwsh, everything behind is part of the text.
                    return last
                        ? result with { Error = $"{argument} needs a text." }
                        : result with { Command = string.Join(' ', arguments.Skip(i + 1)) };
                case "f" or "file":
                    return last
                        ? result with { Error = $"{argument} needs a path." }
                        : arguments[i + 1] == "-"
                            ? result with { Command = "-" }
                            : result with { File = arguments[i + 1], FileArguments = [.. arguments.Skip(i + 2)] };
                case "m" or "module":
                    if (last)
                    {
                        return result with { Error = $"{argument} needs a path." };
                    }

                    result = result with { Module = arguments[++i] };
                    break;
                case "v" or "version":
                    return result with { ShowVersion = true };
                case "h" or "help" or "?":
                    return result with { ShowHelp = true };
                case "nop" or "noprofile" or "nol" or "nologo" or "noni" or "noninteractive":
                    break;
                default:
                    return result with { Error = $"'{argument}' is not a parameter of containers-shell." };
            }
        }

        return result;
    }
}
