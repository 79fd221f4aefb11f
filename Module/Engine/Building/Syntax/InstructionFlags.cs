namespace Containers.Engine.Building.Syntax;

/// <summary>The --name=value words between an instruction's name and its arguments.</summary>
internal sealed class InstructionFlags(string instruction, IReadOnlyList<Word> words)
{
    private readonly Dictionary<string, List<Word>> _values = [];

    /// <summary>Whether any was written.</summary>
    internal bool IsEmpty => words.Count == 0;

    /// <summary>The value of a flag with one, null where it is not written. Its place is that of the value.</summary>
    internal Word? Value(string name) => _values.TryGetValue(name, out List<Word>? all) ? all[0] : null;

    /// <summary>The values of a flag that may come several times.</summary>
    internal IReadOnlyList<Word> Values(string name) => _values.TryGetValue(name, out List<Word>? all) ? all : [];

    /// <summary>A flag that is true where it stands alone; null where it is not written.</summary>
    internal bool? Switch(string name) => Value(name)?.Text.ToLowerInvariant() switch { null => null, "false" => false, _ => true };

    /// <summary>Sorts the words into the flags that there are.</summary>
    /// <param name="one">Flags with a value.</param>
    /// <param name="many">Flags with a value that may come several times.</param>
    /// <param name="switches">Flags that need no value.</param>
    /// <exception cref="EngineException">UnknownInstructionFlag; InvalidDockerfile for one that comes twice or lacks its value.</exception>
    internal InstructionFlags Read(ReadOnlySpan<string> one, ReadOnlySpan<string> many = default, ReadOnlySpan<string> switches = default)
    {
        foreach (Word word in words)
        {
            int equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? word.Text[2..] : word.Text[2..equals];
            string? value = equals < 0 ? null : word.Text[(equals + 1)..];
            SourceRange nameRange = word.Part(0, name.Length + 2);
            bool isSwitch = switches.Contains(name);
            bool isMany = many.Contains(name);
            if (!isSwitch && !isMany && !one.Contains(name))
            {
                string[] known = [.. one, .. many, .. switches];
                throw SourceText.Error(
                    nameRange, "UnknownInstructionFlag", $"{instruction} has no flag --{name}{Suggestion.For("--" + name, known.Select(flag => "--" + flag))}",
                    known.Length == 0 ? null : $"{instruction} takes {string.Join(", ", known.Select(flag => "--" + flag))}.");
            }

            if (isSwitch ? value is "" : value is null)
            {
                throw SourceText.Invalid(nameRange, $"--{name} needs a value");
            }

            if (isSwitch && value?.ToLowerInvariant() is not (null or "true" or "false"))
            {
                throw SourceText.Invalid(word.Part(equals + 1, value!.Length), $"'{value}' is neither true nor false");
            }

            if (!_values.TryGetValue(name, out List<Word>? all))
            {
                _values[name] = all = [];
            }
            else if (!isMany)
            {
                throw SourceText.Invalid(nameRange, $"--{name} may be there only once");
            }

            all.Add(new Word(value ?? "", equals < 0 ? word.Range : word.Part(equals + 1, value!.Length)));
        }

        return this;
    }
}
