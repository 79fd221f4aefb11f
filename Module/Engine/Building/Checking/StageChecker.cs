using Containers.Engine.Building.Context;
using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Checking;

/// <summary>Goes through the instructions of a stage with the variables that it would have.</summary>
internal sealed class StageChecker
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] s_secret =
        ["apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"];

    private static readonly string[] s_harmless = ["public", "file", "version"];

    private readonly StageVariables _variables;
    private readonly IgnoreFile? _ignore;
    private readonly char _escape;
    private readonly FindingList _findings;
    private readonly bool _isKnown;
    private readonly Dictionary<string, Instruction> _only = [];
    private bool _hasShell;
    private bool _hasWorkdir;

    /// <param name="facts">Of the image that the stage stands on; null where it is not known.</param>
    internal StageChecker(GlobalVariables globals, BaseImageFacts? facts, IgnoreFile? ignore, char escape, FindingList findings)
    {
        IReadOnlyList<string> environment = facts?.Environment ?? [];
        _variables = new StageVariables(
            globals, environment.Any(one => one.StartsWith("PATH=", StringComparison.Ordinal)) ? environment : [.. environment, DefaultPath]);
        (_isKnown, _hasShell) = (facts is not null, facts?.HasShell ?? false);
        (_ignore, _escape, _findings) = (ignore, escape, findings);
    }

    /// <summary>A stage on another one.</summary>
    internal StageChecker(StageChecker below, IgnoreFile? ignore, char escape, FindingList findings)
    {
        _variables = new StageVariables(below._variables);
        (_isKnown, _hasShell, _hasWorkdir) = (below._isKnown, below._hasShell, below._hasWorkdir);
        (_ignore, _escape, _findings) = (ignore, escape, findings);
    }

    /// <exception cref="EngineException">The instruction cannot be built.</exception>
    internal void Check(Instruction written)
    {
        WordExpander expander = new(_variables, _escape);
        if (written is ArgInstruction arg)
        {
            foreach (ArgumentDefinition argument in arg.Arguments)
            {
                CheckSecret("ARG", argument.Name, argument.Range);
            }

            _variables.Declare(arg, expander);
            ReportUndefined(expander, written);
            return;
        }

        Instruction instruction;
        try
        {
            instruction = written.Expand(expander);
        }
        catch (EngineException e) when (e.ErrorId == "InvalidDockerfile" && !_isKnown && expander.Missing.Count > 0)
        {
            // A mount whose target is a variable of an image that is not here.
            ReportUndefined(expander, written);
            return;
        }

        ReportUndefined(expander, written);
        bool isExpanded = _isKnown || expander.Missing.Count == 0;
        InstructionRules.Check(isExpanded ? instruction : written, word => isExpanded || InstructionRules.IsPlain(word));
        switch (instruction)
        {
            case EnvInstruction env:
                CheckPairs(env.Name, env.Pairs);
                foreach (KeyValue pair in env.Pairs)
                {
                    CheckSecret("ENV", pair.Name, pair.Range);
                }

                _variables.Set(env);
                break;
            case LabelInstruction label:
                CheckPairs(label.Name, label.Pairs);
                break;
            case MaintainerInstruction:
                _findings.Add(CheckRule.MaintainerDeprecated, written.Keyword.Range, "MAINTAINER is deprecated: use LABEL org.opencontainers.image.authors=");
                break;
            case WorkdirInstruction workdir:
                if (!_hasWorkdir && !workdir.Path.Text.StartsWith('/'))
                {
                    _findings.Add(
                        CheckRule.WorkdirRelativePath, workdir.Path.Range, $"The relative path '{workdir.Path.Text}' changes its meaning with the base image");
                }

                _hasWorkdir = true;
                break;
            case ShellInstruction:
                _hasShell = true;
                break;
            case RunInstruction run:
                CheckArray(run.Command);
                break;
            case CmdInstruction cmd:
                CheckOnly(cmd, cmd.Command);
                break;
            case EntrypointInstruction entrypoint:
                CheckOnly(entrypoint, entrypoint.Command);
                break;
            case HealthcheckInstruction health:
                CheckOnly(health, null);
                if (health.Command is not null)
                {
                    CheckArray(health.Command);
                }

                break;
            case ExposeInstruction expose:
                foreach (Word port in expose.Ports)
                {
                    CheckPort(port);
                }

                break;
            case FileInstruction file:
                CheckFiles(file);
                break;
        }
    }

    private void ReportUndefined(WordExpander expander, Instruction instruction)
    {
        foreach (string name in expander.Missing.Where(one => !_variables.Arguments.Any(argument => argument.Name == one)))
        {
            // What an image that is not here sets is not known: then only what looks like a slip of the hand is reported.
            string? near = Suggestion.Nearest(name, _variables.Names.Concat(_variables.Arguments.Select(argument => argument.Name)));
            if (_isKnown || near is not null)
            {
                _findings.Add(
                    CheckRule.UndefinedVar, instruction.Range, $"The variable '${name}' is not defined{(near is null ? "" : $"; did you mean ${near}?")}");
            }
        }
    }

    private void CheckPairs(string name, IReadOnlyList<KeyValue> pairs)
    {
        foreach (KeyValue pair in pairs.Where(pair => pair.Legacy))
        {
            _findings.Add(CheckRule.LegacyKeyValueFormat, pair.Range, $"Write {name} {pair.Name}=value instead of {name} {pair.Name} value");
        }
    }

    private void CheckSecret(string instruction, string name, SourceRange range)
    {
        string[] parts = name.ToLowerInvariant().Split('_');
        if (parts.Any(s_secret.Contains) && !parts.Any(s_harmless.Contains))
        {
            _findings.Add(
                CheckRule.SecretsUsedInArgOrEnv, range, $"{instruction} {name} stays in the image for everybody to read: use RUN --mount=type=secret");
        }
    }

    /// <summary>Of these only the last one of a stage counts.</summary>
    private void CheckOnly(Instruction instruction, CommandLine? command)
    {
        if (_only.TryGetValue(instruction.Name, out Instruction? before))
        {
            _findings.Add(
                CheckRule.MultipleInstructionsDisallowed, before.Range, $"There is another {instruction.Name} in this stage, and only the last one counts");
        }

        _only[instruction.Name] = instruction;
        if (command is { IsExec: false } && command.Arguments.Count > 0)
        {
            CheckArray(command);
            if (!_hasShell)
            {
                _findings.Add(
                    CheckRule.JSONArgsRecommended, command.Range, $"{instruction.Name} as an array gets signals itself; like this the shell gets them");
            }
        }
    }

    private void CheckArray(CommandLine command)
    {
        if (command.LooksLikeExec && command.Arguments[0].TrimEnd().EndsWith(']') && command.Arguments[0][1..].TrimStart() is ['"' or '\'', ..])
        {
            _findings.Add(CheckRule.InvalidJsonArray, command.Range, "This looks like an array, but it is no valid JSON: the shell gets it as it stands");
        }
    }

    private void CheckPort(Word word)
    {
        string text = word.Text;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && text[slash..].Any(char.IsUpper))
        {
            _findings.Add(CheckRule.ExposeProtoCasing, word.Range, $"The protocol of '{text}' should be in lower case");
        }

        if (text.Contains(':', StringComparison.Ordinal))
        {
            _findings.Add(CheckRule.ExposeInvalidFormat, word.Range, $"EXPOSE takes no address and no port of the host: '{text}'");
        }
    }

    private void CheckFiles(FileInstruction file)
    {
        bool isContext = file is AddInstruction || file is CopyInstruction { From: null };
        foreach (Word source in file.Sources)
        {
            bool isRemote = RemoteSource.IsRemote(source.Text);
            if (isRemote && file is CopyInstruction)
            {
                throw SourceText.Invalid(source.Range, "COPY takes nothing from elsewhere", "Use ADD for addresses and git repositories.");
            }

            string path = IgnoreFile.CleanPath("/" + source.Text)[1..];
            if (isContext && !isRemote && _ignore is { HasExceptions: false } && (path.Length == 0 ? ExcludesEverything(_ignore) : _ignore.IsExcluded(path, false)))
            {
                _findings.Add(CheckRule.CopyIgnoredFile, source.Range, $"'{source.Text}' is left out of the context by the ignore file");
            }
        }
    }

    private static bool ExcludesEverything(IgnoreFile ignore) => ignore.Patterns.Any(one => one is "*" or "**" or "**/*");
}
