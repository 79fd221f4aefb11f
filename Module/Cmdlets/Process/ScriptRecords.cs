using System.Collections;
using System.Management.Automation;
using System.Xml;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// What the other PowerShell writes, one record a line, back in the streams it came from. Objects arrive as they do from a remote session: simple
/// ones as what they are, others with their properties and without their methods.
/// </summary>
/// <param name="cmdlet">Writes them.</param>
/// <param name="origin">Of error records: the container.</param>
internal sealed class ScriptRecords(Cmdlet cmdlet, string origin)
{
    private const string Marked = "Deserialized.System.Management.Automation.";

    private readonly LineSplitter _records = new();

    private readonly LineSplitter _strays = new();

    internal void Write(OutputChunk chunk)
    {
        if (chunk.Stream == LogStream.Stderr)
        {
            _strays.Add(chunk.Data.Span, WriteStray);
        }
        else
        {
            _records.Add(chunk.Data.Span, WriteRecord);
        }
    }

    internal void End()
    {
        _records.End(WriteRecord);
        _strays.End(WriteStray);
    }

    private void WriteStray(string line) => cmdlet.WriteInformation(new HostInformationMessage { Message = line }, [.. ProgramOutput.StderrTags]);

    private void WriteRecord(string line)
    {
        if (!line.StartsWith("<Objs ", StringComparison.Ordinal))
        {
            cmdlet.WriteObject(line); // From a program that wrote past PowerShell.
            return;
        }

        object? value;
        try
        {
            value = PSSerializer.Deserialize(line);
        }
        catch (XmlException)
        {
            cmdlet.WriteObject(line);
            return;
        }

        PSObject? record = value as PSObject;
        string type = record?.TypeNames.FirstOrDefault(name => name.StartsWith(Marked, StringComparison.Ordinal))?[Marked.Length..] ?? "";
        switch (type)
        {
            case "ErrorRecord":
                cmdlet.WriteError(Error(record!));
                break;
            case "WarningRecord":
                cmdlet.WriteWarning(record!.ToString() ?? "");
                break;
            case "VerboseRecord":
                cmdlet.WriteVerbose(record!.ToString() ?? "");
                break;
            case "DebugRecord":
                cmdlet.WriteDebug(record!.ToString() ?? "");
                break;
            case "InformationRecord":
                WriteInformation(record!);
                break;
            default:
                cmdlet.WriteObject(value);
                break;
        }
    }

    private void WriteInformation(PSObject record)
    {
        object? data = record.Properties["MessageData"]?.Value;
        string[] tags = [.. ((Conversions.Unwrap(record.Properties["Tags"]?.Value) as IEnumerable)?.Cast<object>() ?? []).Select(tag => tag.ToString() ?? "")];
        bool host = tags.Contains("PSHOST") && data is PSObject message && message.Properties["Message"] is not null;
        cmdlet.WriteInformation(host ? new HostInformationMessage { Message = Text((PSObject)data!, "Message") } : data, tags);
    }

    private ErrorRecord Error(PSObject record)
    {
        string message = record.Properties["Exception"]?.Value is PSObject exception ? Text(exception, "Message") : record.ToString() ?? "";

        // As with the messages of other records: the serializer flattens what is in them into properties of these names.
        _ = Enum.TryParse(Text(record, "ErrorCategory_Category"), out ErrorCategory known);
        string id = Text(record, "FullyQualifiedErrorId");
        return new ErrorRecord(new RemoteException(message), id.Length > 0 ? id : "ScriptError", known, record.Properties["TargetObject"]?.Value ?? origin);
    }

    private static string Text(PSObject value, string property) => value.Properties[property]?.Value?.ToString() ?? "";
}
