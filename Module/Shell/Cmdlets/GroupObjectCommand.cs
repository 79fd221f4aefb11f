using System.Management.Automation;

namespace Containers.Shell.Cmdlets;

[Cmdlet(VerbsData.Group, "Object")]
public sealed class GroupObjectCommand : PSCmdlet
{
    private readonly List<(object?[] Keys, List<PSObject> Members)> _groups = [];
    private CalculatedProperty[] _properties = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public SwitchParameter NoElement { get; set; }

    [Parameter]
    public SwitchParameter AsHashTable { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    protected override void BeginProcessing() => _properties = CalculatedProperty.Parse(this, Property);

    protected override void ProcessRecord()
    {
        if (InputObject is not { } input)
        {
            return;
        }

        LooseEquality equality = LooseEquality.Of(CaseSensitive);
        object?[] keys = _properties.Length == 0 ? [input] : [.. _properties.Select(p => p.Value(input))];
        int index = _groups.FindIndex(g => g.Keys.SequenceEqual(keys, equality));
        if (index < 0)
        {
            _groups.Add((keys, [input]));
        }
        else
        {
            _groups[index].Members.Add(input);
        }
    }

    protected override void EndProcessing()
    {
        if (AsHashTable)
        {
            System.Collections.Hashtable table = new(CaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
            foreach ((object?[] keys, List<PSObject> members) in _groups)
            {
                table[Name(keys)] = members.ToArray();
            }

            WriteObject(table);
            return;
        }

        LooseEquality order = LooseEquality.Of(CaseSensitive);
        foreach ((object?[] keys, List<PSObject> members) in _groups.OrderBy(g => g.Keys[0], order))
        {
            PSObject group = new();
            group.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.GroupInfo" + (NoElement ? "NoElement" : ""));
            group.Properties.Add(new PSNoteProperty("Count", members.Count));
            group.Properties.Add(new PSNoteProperty("Name", Name(keys)));
            if (!NoElement)
            {
                group.Properties.Add(new PSNoteProperty("Group", members.ToArray()));
            }

            group.Properties.Add(new PSNoteProperty("Values", keys));
            WriteObject(group);
        }
    }

    private static string Name(object?[] keys) => string.Join(", ", keys.Select(k => LanguagePrimitives.ConvertTo<string>(k)));
}
