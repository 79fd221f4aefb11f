using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using Containers.Shell.Editing;

namespace Containers.Shell.Hosting;

/// <summary>Questions: confirmation, missing parameters, credentials. Without a terminal they are read from standard input.</summary>
internal sealed partial class ShellUserInterface
{
    public override string ReadLine() => Ask("");

    public override SecureString ReadLineAsSecureString()
    {
        SecureString secret = new();
        foreach (char c in AskSecret(""))
        {
            secret.AppendChar(c);
        }

        secret.MakeReadOnly();
        return secret;
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        Announce(caption, message);
        Dictionary<string, PSObject> answers = [];
        foreach (FieldDescription field in descriptions)
        {
            bool known = LanguagePrimitives.TryConvertTo(field.ParameterAssemblyFullName, out Type? named);
            Type type = known && named is not null ? named : typeof(string);
            if (type == typeof(SecureString))
            {
                Write($"{field.Name}: ");
                answers[field.Name] = PSObject.AsPSObject(ReadLineAsSecureString());
            }
            else if (type == typeof(PSCredential))
            {
                answers[field.Name] = PSObject.AsPSObject(PromptForCredential("", field.HelpMessage ?? "", "", ""));
            }
            else
            {
                answers[field.Name] = PSObject.AsPSObject(Ask($"{field.Name}: "));
            }
        }

        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Announce(caption, message);
        (string Key, string Label)[] labels = [.. choices.Select(c => Split(c.Label))];
        string line = string.Join("  ", labels.Select(l => $"[{l.Key}] {l.Label}")) + "  [?] Help";
        string suffix = defaultChoice >= 0 ? $" (default is \"{labels[defaultChoice].Key}\"): " : ": ";
        while (true)
        {
            string answer = Ask(line + suffix).Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            int index = Array.FindIndex(labels, l => answer.Equals(l.Key, StringComparison.OrdinalIgnoreCase)
                || answer.Equals(l.Label, StringComparison.OrdinalIgnoreCase));
            if (index >= 0)
            {
                return index;
            }

            if (answer == "?")
            {
                for (int i = 0; i < labels.Length; i++)
                {
                    WriteLine($"{labels[i].Key} - {choices[i].HelpMessage}");
                }
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
    {
        Announce(caption, message);
        string user = string.IsNullOrEmpty(userName) ? Ask("User: ") : userName;
        Write($"Password for user {user}: ");
        return new PSCredential(user, ReadLineAsSecureString());
    }

    private void Announce(string? caption, string? message)
    {
        foreach (string? text in (ReadOnlySpan<string?>)[caption, message])
        {
            if (!string.IsNullOrEmpty(text))
            {
                WriteLine(text);
            }
        }
    }

    private string Ask(string prompt)
    {
        if (_device.IsInteractive)
        {
            EndProgress();
            Editor ??= new LineEditor(_device);
            return Editor.Read(prompt, out bool cancelled, command: false) is { } answer && !cancelled ? answer : throw Cancelled();
        }

        Write(prompt);
        return _device.Input.ReadLine() ?? throw NobodyAnswers();
    }

    private char[] AskSecret(string prompt)
    {
        if (_device.IsInteractive)
        {
            Editor ??= new LineEditor(_device);
            return Editor.ReadSecret(prompt) ?? throw Cancelled();
        }

        return (_device.Input.ReadLine() ?? throw NobodyAnswers()).ToCharArray();
    }

    private PipelineStoppedException Cancelled()
    {
        _stop();
        return new PipelineStoppedException();
    }

    private static HostException NobodyAnswers() => new(
        "A question cannot be answered: standard input is not a terminal and holds no more lines. Pass the value as a parameter, "
        + "or -Confirm:$false.",
        null,
        "NoInteraction",
        ErrorCategory.ResourceUnavailable);

    /// <summary>"&amp;Yes" is the label Yes with the key Y.</summary>
    private static (string Key, string Label) Split(string label)
    {
        int mark = label.IndexOf('&', StringComparison.Ordinal);
        string text = label.Replace("&", "", StringComparison.Ordinal);
        return (mark >= 0 && mark + 1 < label.Length ? label[mark + 1].ToString().ToUpperInvariant() : text, text);
    }
}
