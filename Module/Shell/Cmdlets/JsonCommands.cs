using System.Management.Automation;
using System.Text;
using System.Text.Json;

namespace Containers.Shell.Cmdlets;

[Cmdlet(VerbsData.ConvertTo, "Json")]
[OutputType(typeof(string))]
public sealed class ConvertToJsonCommand : PSCmdlet
{
    private readonly List<object?> _objects = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true), AllowNull]
    public object? InputObject { get; set; }

    [Parameter, ValidateRange(0, 100)]
    public int Depth { get; set; } = 2;

    [Parameter]
    public SwitchParameter Compress { get; set; }

    [Parameter]
    public SwitchParameter EnumsAsStrings { get; set; }

    [Parameter]
    public SwitchParameter AsArray { get; set; }

    protected override void ProcessRecord() => _objects.Add(InputObject);

    protected override void EndProcessing()
    {
        if (_objects.Count == 0)
        {
            return;
        }

        using JsonWriter writer = new(Depth, EnumsAsStrings);
        bool list = _objects.Count > 1 || AsArray;
        WriteObject(writer.Write(list ? _objects : _objects[0], Compress));
        if (writer.Truncated)
        {
            WriteWarning($"Resulting JSON is truncated as serialization has exceeded the set depth of {Depth}.");
        }
    }
}

[Cmdlet(VerbsData.ConvertFrom, "Json")]
public sealed class ConvertFromJsonCommand : PSCmdlet
{
    private readonly StringBuilder _text = new();

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true), AllowEmptyString]
    public string InputObject { get; set; } = "";

    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    [Parameter, ValidateRange(1, 1024)]
    public int Depth { get; set; } = 1024;

    protected override void ProcessRecord() => _text.Append(InputObject).Append('\n');

    protected override void EndProcessing()
    {
        if (string.IsNullOrWhiteSpace(_text.ToString()))
        {
            return;
        }

        try
        {
            JsonDocumentOptions options = new()
            {
                MaxDepth = Depth,
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            };
            using JsonDocument document = JsonDocument.Parse(_text.ToString(), options);
            WriteObject(Convert(document.RootElement), enumerateCollection: !NoEnumerate);
        }
        catch (JsonException e)
        {
            ThrowTerminatingError(new ErrorRecord(e, "InvalidJson", ErrorCategory.InvalidData, null));
        }
    }

    private object? Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => AsHashtable ? Table(element) : Custom(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Convert).ToArray(),
        // As pwsh: a text that is a date and a time comes back as one.
        JsonValueKind.String when element.GetString() is { Length: >= 19 } text && text[10] == 'T'
            && element.TryGetDateTime(out DateTime date) => date,
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number when element.TryGetInt64(out long whole) => whole,
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private PSObject Custom(JsonElement element)
    {
        PSObject result = new();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Name.Length == 0 || result.Properties[property.Name] is not null)
            {
                throw new JsonException($"The key '{property.Name}' is empty or appears twice. Use -AsHashtable.");
            }

            result.Properties.Add(new PSNoteProperty(property.Name, Convert(property.Value)));
        }

        return result;
    }

    private OrderedHashtable Table(JsonElement element)
    {
        OrderedHashtable result = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            result[property.Name] = Convert(property.Value);
        }

        return result;
    }
}
