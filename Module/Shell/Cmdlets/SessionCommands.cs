using System.Management.Automation;
using System.Security;

namespace Containers.Shell.Cmdlets;

[Cmdlet(VerbsCommon.Get, "Random")]
public sealed class GetRandomCommand : PSCmdlet
{
    private readonly List<PSObject> _objects = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public long Maximum { get; set; } = int.MaxValue;

    [Parameter]
    public long Minimum { get; set; }

    [Parameter, ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            _objects.Add(InputObject);
        }
    }

    protected override void EndProcessing()
    {
        if (_objects.Count > 0)
        {
            PSObject[] shuffled = [.. _objects];
            Random.Shared.Shuffle(shuffled);
            WriteObject(shuffled.Take(Count), enumerateCollection: true);
        }
        else if (Minimum >= Maximum)
        {
            PSArgumentException error = new($"-Minimum {Minimum} must be less than -Maximum {Maximum}.");
            ThrowTerminatingError(new ErrorRecord(error, "MinGreaterThanOrEqualMax", ErrorCategory.InvalidArgument, null));
        }
        else
        {
            for (int i = 0; i < Count; i++)
            {
                long value = Random.Shared.NextInt64(Minimum, Maximum);
                WriteObject(value is >= int.MinValue and <= int.MaxValue ? (int)value : value);
            }
        }
    }
}

[Cmdlet(VerbsCommunications.Read, "Host")]
public sealed class ReadHostCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromRemainingArguments = true)]
    public object? Prompt { get; set; }

    [Parameter]
    public SwitchParameter AsSecureString { get; set; }

    protected override void EndProcessing()
    {
        if (Prompt is not null)
        {
            Host.UI.Write($"{LanguagePrimitives.ConvertTo<string>(Prompt)}: ");
        }

        if (AsSecureString)
        {
            SecureString secret = Host.UI.ReadLineAsSecureString();
            WriteObject(secret);
        }
        else
        {
            WriteObject(Host.UI.ReadLine());
        }
    }
}

[Cmdlet(VerbsLifecycle.Invoke, "Expression")]
public sealed class InvokeExpressionCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string Command { get; set; } = "";

    protected override void ProcessRecord() =>
        WriteObject(InvokeCommand.InvokeScript(SessionState, ScriptBlock.Create(Command)), enumerateCollection: true);
}

[Cmdlet(VerbsCommon.New, "Object")]
public sealed class NewObjectCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public string TypeName { get; set; } = "";

    [Parameter(Position = 1)]
    public object[] ArgumentList { get; set; } = [];

    [Parameter]
    public System.Collections.IDictionary? Property { get; set; }

    protected override void EndProcessing()
    {
        if (!LanguagePrimitives.TryConvertTo(TypeName, out Type? type) || type is null)
        {
            PSArgumentException error = new($"The type '{TypeName}' is not known.");
            ThrowTerminatingError(new ErrorRecord(error, "TypeNotFound", ErrorCategory.InvalidType, TypeName));
            return;
        }

        object?[] arguments = [.. ArgumentList.Select(a => a is PSObject wrapped ? wrapped.BaseObject : a)];
        PSObject result = type == typeof(PSObject) ? new PSObject() : PSObject.AsPSObject(Activator.CreateInstance(type, arguments)!);
        foreach (System.Collections.DictionaryEntry entry in Property ?? new System.Collections.Hashtable())
        {
            string name = entry.Key.ToString()!;
            if (result.Properties[name] is { } existing)
            {
                existing.Value = entry.Value;
            }
            else
            {
                result.Properties.Add(new PSNoteProperty(name, entry.Value));
            }
        }

        WriteObject(result);
    }
}

/// <summary>Properties and methods of the objects piped in, one list for each type.</summary>
[Cmdlet(VerbsCommon.Get, "Member")]
public sealed class GetMemberCommand : PSCmdlet
{
    private readonly HashSet<string> _seen = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public string Name { get; set; } = "*";

    [Parameter, Alias("Type")]
    public PSMemberTypes MemberType { get; set; } = PSMemberTypes.All;

    protected override void ProcessRecord()
    {
        if (InputObject is not { } input || !_seen.Add(input.TypeNames[0]))
        {
            return;
        }

        foreach (PSMemberInfo member in input.Members.Match(Name, MemberType).OrderBy(m => m.MemberType).ThenBy(m => m.Name))
        {
            bool accessor = member.Name.StartsWith("get_", StringComparison.Ordinal) || member.Name.StartsWith("set_", StringComparison.Ordinal);
            if (member is PSMethod && accessor)
            {
                continue;
            }

            PSObject result = new();
            result.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.MemberDefinition");
            result.Properties.Add(new PSNoteProperty("TypeName", input.TypeNames[0]));
            result.Properties.Add(new PSNoteProperty("Name", member.Name));
            result.Properties.Add(new PSNoteProperty("MemberType", member.MemberType));
            result.Properties.Add(new PSNoteProperty("Definition", member.ToString()));
            WriteObject(result);
        }
    }
}
