using System.Buffers;
using System.Globalization;

namespace Containers.Engine.Building.Syntax;

/// <content>RUN, HEALTHCHECK, and heredocs.</content>
internal static partial class InstructionParser
{
    private static readonly SearchValues<char> s_blanks = SearchValues.Create(" \t\v\f\r\n");

    private static RunInstruction Run(InstructionLine line, InstructionHeader header, char escape)
    {
        InstructionFlags flags = line.Flags.Read(["network", "security", "device"], ["mount"]);
        RunNetwork network = flags.Value("network") switch
        {
            null or { Text: "default" } => RunNetwork.Default,
            { Text: "none" } => RunNetwork.None,
            { Text: "host" } => RunNetwork.Host,
            { } other => throw SourceText.Invalid(other.Range, $"'{other.Text}' is no network of a RUN; there are default, none and host"),
        };
        if (flags.Value("security") is { Text: not "sandbox" } security)
        {
            throw SourceText.Error(
                security.Range, "RunSecurityRefused", $"a RUN is never run with security '{security.Text}': its privileges are those of any container",
                "Remove --security.", EngineErrorKind.NotImplemented);
        }

        if (flags.Value("device") is { } device)
        {
            throw SourceText.Error(
                device.Range, "RunDeviceRefused", "a RUN is given no devices of the host", "Remove --device.", EngineErrorKind.NotImplemented);
        }

        CommandLine command = line.Command();
        return command.IsExec && command.Arguments.Count == 0
            ? throw line.Invalid("RUN needs a command")
            : new RunInstruction(header, command)
            {
                Network = network,
                Mounts = [.. flags.Values("mount").Select(mount => RunMountParser.Check(mount, escape))],
            };
    }

    private static HealthcheckInstruction Healthcheck(InstructionLine line, InstructionHeader header)
    {
        InstructionFlags flags = line.Flags.Read(["interval", "timeout", "start-period", "start-interval", "retries"]);
        if (line.IsEmpty)
        {
            throw line.Invalid("HEALTHCHECK needs CMD and a command, or NONE");
        }

        int end = line.Rest.AsSpan().IndexOfAny(s_blanks);
        Word kind = line.Word(line.RestStart, end < 0 ? line.RestEnd : line.RestStart + end);
        int rest = line.RestEnd - (end < 0 ? 0 : line.Rest[end..].TrimStart().Length);
        switch (kind.Text.ToUpperInvariant())
        {
            case "NONE" when rest >= line.RestEnd:
                return new HealthcheckInstruction(header, null);
            case "NONE":
                throw SourceText.Invalid(line.RestRange, "HEALTHCHECK NONE takes nothing more");
            case "CMD":
                CommandLine command = line.Command(rest);
                if (command.Arguments.Count == 0)
                {
                    throw SourceText.Invalid(kind.Range, "HEALTHCHECK CMD needs a command");
                }

                return new HealthcheckInstruction(header, command)
                {
                    Interval = Duration(flags.Value("interval")),
                    Timeout = Duration(flags.Value("timeout")),
                    StartPeriod = Duration(flags.Value("start-period")),
                    StartInterval = Duration(flags.Value("start-interval")),
                    Retries = Retries(flags.Value("retries")),
                };
            default:
                throw SourceText.Invalid(kind.Range, $"HEALTHCHECK takes CMD and a command, or NONE, not '{kind.Text}'");
        }
    }

    private static TimeSpan Duration(Word? word)
    {
        if (word is null || word.Text.Length == 0)
        {
            return TimeSpan.Zero;
        }

        return !GoDuration.TryParse(word.Text, out TimeSpan duration)
            ? throw SourceText.Invalid(word.Range, $"'{word.Text}' is no duration, such as 1m30s")
            : duration == TimeSpan.Zero || duration >= TimeSpan.FromMilliseconds(1)
                ? duration
                : throw SourceText.Invalid(word.Range, $"'{word.Text}' is shorter than a millisecond");
    }

    private static int Retries(Word? word) => word is null || word.Text.Length == 0 ? 0
        : int.TryParse(word.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int retries) && retries >= 0 ? retries
        : throw SourceText.Invalid(word.Range, $"'{word.Text}' is no number of retries");

    /// <summary>The documents that a RUN, COPY or ADD begins, also one inside of ONBUILD; arrays have none.</summary>
    private static IReadOnlyList<Heredoc> ReadHeredocs(InstructionLine line, LogicalLineReader reader)
    {
        if (!line.Line.Text.Contains("<<", StringComparison.Ordinal))
        {
            return [];
        }

        InstructionLine own = line.Keyword.Text.Equals("ONBUILD", StringComparison.OrdinalIgnoreCase) && !line.IsEmpty ? line.Inner() : line;
        if (own.Keyword.Text.ToUpperInvariant() is not ("RUN" or "COPY" or "ADD") || own.Json() is not null)
        {
            return [];
        }

        try
        {
            return [.. HeredocParser.Find(line.Line.Text).Select(start => reader.ReadHeredoc(start, line.Range))];
        }
        catch (VariableException e)
        {
            throw SourceText.Invalid(line.Range, $"the name of the heredoc cannot be read: {e.Message}");
        }
    }
}
