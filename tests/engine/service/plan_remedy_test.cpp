// SPDX-License-Identifier: GPL-3.0-or-later
#include <functional>
#include <ostream>

#include "engine/service/service_fixture.h"

/// Each refusal of a plan, provoked; then what its sentence says is done, and the plan has no problem any longer.
namespace rosa::test {
namespace {

class EachPlanRefusal;
using Change = std::function<void(EachPlanRefusal&, RunConfig&)>;

struct Refusal {
  const char* name;
  Change wrong;
  const char* key;
  std::vector<std::string> words;  ///< the last one names the way out
  Change remedy;
};
void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class EachPlanRefusal : public ServiceTest, public testing::WithParamInterface<Refusal> {
 public:
  using ServiceTest::makeModel;
  using ServiceTest::path;
  using ServiceTest::sampleModel;

  /// The sample model to be damaged, as the run's model.
  fs::path ownModel(RunConfig& config) { return config.model = copyOfSampleModel(); }
  void changeModel(RunConfig& config, const char* key, const json& value) {
    const auto file = ownModel(config) / "config.json";
    auto changed = readJson(file);
    changed[key] = value;
    writeText(file, changed.dump());
  }
  /// Puts a file of the model back as it was.
  void fetch(const char* name) { writeText(path("model") / name, readText(sampleModel() / name)); }

  void data(RunConfig& config, const std::string& text, const std::string& name = "data.csv") {
    config.data = path(name);
    writeText(config.data, text);
  }
  /// Classification by a BERT of this very architecture, whose shortest side is 64.
  void classifies(RunConfig& config, const std::string& text = "text,label\ngood,yes\nbad,no\ngood,yes\nbad,no\n") {
    config.model = makeModel("bert");
    config.maxLength = 64;
    config.task = Task::Classification;
    config.prompt.clear();
    config.completion.clear();
    config.text = "text";
    config.label = "label";
    data(config, text);
  }
  /// A PEFT adapter of the sample model, exported from a run of this rank, as the one to start from.
  void startsFrom(RunConfig& config, const char* peftType = "LORA") {
    auto trains = e2eConfig("start");
    trains.method = std::string(peftType) == "LORA" ? Method::Lora : Method::Prompt;
    if (trains.method == Method::Prompt) trains.virtualTokens = 6;
    trained(trains);
    const auto made =
        engine_->exportRun({.runDirectory = trains.out, .destination = path("adapter"), .as = ExportForm::Peft});
    ASSERT_TRUE(made) << made.error().message;
    config.method = trains.method;
    config.virtualTokens = trains.virtualTokens;
    config.adapter = path("adapter");
  }
};

TEST_P(EachPlanRefusal, NamesARemedyThatWorks) {
  const auto& refusal = GetParam();
  auto config = e2eConfig();
  refusal.wrong(*this, config);
  const auto problems = engine_->plan(config).problems;
  ASSERT_EQ(problems.size(), 1U) << joinProblems(problems);
  EXPECT_EQ(problems[0].key, refusal.key);
  expectContains(problems[0].message, refusal.words);
  EXPECT_EQ(problems[0].message.find('\n'), std::string::npos) << problems[0].message;
  refusal.remedy(*this, config);
  EXPECT_EQ(joinProblems(engine_->plan(config).problems), "");
}

#define ROSA_CHANGE(...) []([[maybe_unused]] auto& test, [[maybe_unused]] auto& config) { __VA_ARGS__; }

INSTANTIATE_TEST_SUITE_P(
    Model, EachPlanRefusal,
    testing::Values(
        Refusal{"NoFolder",
                ROSA_CHANGE(config.model = test.path("none")),
                "model",
                {"Choose a Hugging Face model folder"},
                ROSA_CHANGE(config.model = test.sampleModel())},
        Refusal{"NoConfig",
                ROSA_CHANGE(fs::remove(test.ownModel(config) / "config.json")),
                "model",
                {"has no config.json", "Choose a Hugging Face model folder"},
                ROSA_CHANGE(config.model = test.sampleModel())},
        Refusal{"Architecture",
                ROSA_CHANGE(test.changeModel(config, "architectures", {"MambaForCausalLM"})),
                "model",
                {"MambaForCausalLM", "Choose"},
                ROSA_CHANGE(config.model = test.sampleModel())},
        Refusal{"NoWeights",
                ROSA_CHANGE(fs::remove(test.ownModel(config) / "model.safetensors")),
                "model",
                {"model.safetensors", "Fetch the model's safetensors files"},
                ROSA_CHANGE(test.fetch("model.safetensors"))},
        Refusal{"CutWeights",
                ROSA_CHANGE(fs::resize_file(test.ownModel(config) / "model.safetensors", 500000)),
                "model",
                {"model.safetensors", "Fetch or export it again"},
                ROSA_CHANGE(test.fetch("model.safetensors"))},
        Refusal{"Pointer",
                ROSA_CHANGE(writeText(test.ownModel(config) / "model.safetensors",
                                      "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")),
                "model",
                {"model.safetensors", "git lfs pull"},
                ROSA_CHANGE(test.fetch("model.safetensors"))},
        Refusal{"OtherShape",
                ROSA_CHANGE(test.changeModel(config, "num_hidden_layers", 6)),
                "model",
                {"model.layers.5", "choose a complete model folder"},
                ROSA_CHANGE(config.model = test.sampleModel())},
        Refusal{"NoTokenizer",
                ROSA_CHANGE(fs::remove(test.ownModel(config) / "tokenizer.json")),
                "model",
                {"tokenizer.json", "Save it there with the model"},
                ROSA_CHANGE(test.fetch("tokenizer.json"))},
        Refusal{"Long",
                ROSA_CHANGE(config.maxLength = 513),
                "max-length",
                {"Choose --max-length 512 or less"},
                ROSA_CHANGE(config.maxLength = 512)},
        Refusal {
          "LongWithVirtualTokens",
              ROSA_CHANGE(config.method = Method::Prompt; config.virtualTokens = 20; config.maxLength = 512),
              "virtual-tokens", {"Choose --max-length 492 or less"}, ROSA_CHANGE(config.maxLength = 492)
        },
        Refusal {
          "ManyVirtualTokens",
              ROSA_CHANGE(config.method = Method::Prompt; config.virtualTokens = 600; config.maxLength = 64),
              "virtual-tokens", {"Choose fewer"}, ROSA_CHANGE(config.virtualTokens = 6)
        },
        Refusal {
          "EncoderContinuesNoText", ROSA_CHANGE(config.model = test.makeModel("bert"); config.maxLength = 64), "model",
              {"continues no text", "or a language model"},
              ROSA_CHANGE(config.model = test.makeModel("gpt2"); config.maxLength = 64)
        }),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Data, EachPlanRefusal,
    testing::Values(
        Refusal{"NoFile",
                ROSA_CHANGE(config.data = test.path("none.csv")),
                "data",
                {"does not exist", "check the path"},
                ROSA_CHANGE(test.data(config, "mr,ref\na,b\n", "none.csv"))},
        Refusal{"NoValidation",
                ROSA_CHANGE(config.valid = test.path("none.csv")),
                "valid",
                {"does not exist"},
                ROSA_CHANGE(config.valid = config.data)},
        Refusal {
          "EmptyFolder", ROSA_CHANGE(config.data = test.path("d"); fs::create_directory(config.data)), "data",
              {"name the data file itself"}, ROSA_CHANGE(test.data(config, "mr,ref\na,b\n"))
        },
        Refusal {
          "Two",
              ROSA_CHANGE(config.data = test.path("d"); fs::create_directory(config.data);
                          writeText(config.data / "train.csv", "mr,ref\na,b\n");
                          writeText(config.data / "train.tsv", "mr\tref\na\tb\n")),
              "data", {"train.csv, train.tsv", "name the one to use"},
              ROSA_CHANGE(config.data = test.path("d") / "train.tsv")
        },
        Refusal{"Ending",
                ROSA_CHANGE(test.data(config, "mr,ref\na,b\n", "data.xlsx")),
                "data",
                {"data files end in .csv, .tsv, .jsonl, .json, .parquet or .txt"},
                ROSA_CHANGE(test.data(config, "mr,ref\na,b\n", "data.csv"))},
        Refusal{"Json",
                ROSA_CHANGE(test.data(config, "[]", "data.json")),
                "data",
                {"has no rows: write one object a line"},
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\"}\n", "data.jsonl"))},
        Refusal{"Empty",
                ROSA_CHANGE(test.data(config, "")),
                "data",
                {"is empty", "write a row of column names and rows below it"},
                ROSA_CHANGE(test.data(config, "mr,ref\na,b\n"))},
        Refusal{"HeaderAlone",
                ROSA_CHANGE(test.data(config, "mr,ref\n")),
                "data",
                {"no rows below its header: add some"},
                ROSA_CHANGE(test.data(config, "mr,ref\na,b\n"))},
        Refusal {
          "OneRowThatIsData",
              ROSA_CHANGE(test.data(config, "name[A] is,here\n"); config.header = Reading::Yes; config.prompt = "1";
                          config.completion = "2"),
              "data", {"choose --header no if its one row is data"}, ROSA_CHANGE(config.header = Reading::No)
        },
        Refusal{"NoLines",
                ROSA_CHANGE(test.data(config, "", "data.jsonl")),
                "data",
                {"write one object a line"},
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\"}\n", "data.jsonl"))},
        Refusal{"NoObject",
                ROSA_CHANGE(test.data(config, "[1]\n", "data.jsonl")),
                "data",
                {"write each row as one"},
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\"}\n", "data.jsonl"))},
        Refusal{"EmptyObject",
                ROSA_CHANGE(test.data(config, "{}\n{\"mr\": \"a\", \"ref\": \"b\"}\n", "data.jsonl")),
                "data",
                {"leave that line out"},
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\"}\n", "data.jsonl"))},
        Refusal{"Nested",
                ROSA_CHANGE(test.data(config, "{\"mr\": [\"a\"], \"ref\": \"b\"}\n", "data.jsonl")),
                "data",
                {"a list or an object in \"mr\"", "write plain text or a number there"},
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\"}\n", "data.jsonl"))},
        Refusal{"NestedElsewhere",
                ROSA_CHANGE(test.data(config, "{\"mr\": [\"a\"], \"ref\": \"b\", \"t\": \"a\"}\n", "d.jsonl")),
                "data",
                {"or name another column with --prompt"},
                ROSA_CHANGE(config.prompt = "t")},
        Refusal{"MissingValue",
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\"}\n{\"mr\": \"a\"}\n", "d.jsonl")),
                "data",
                {"Line 2", "leave the row out"},
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\"}\n", "d.jsonl"))},
        Refusal{"KeyTwice",
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\", \"mr\": \"c\"}\n", "d.jsonl")),
                "data",
                {"remove one"},
                ROSA_CHANGE(test.data(config, "{\"mr\": \"a\", \"ref\": \"b\"}\n", "d.jsonl"))},
        Refusal{"ShortRow",
                ROSA_CHANGE(test.data(config, "mr,ref\na\n")),
                "data",
                {"has 1 field where the first row has 2", "write the missing fields"},
                ROSA_CHANGE(test.data(config, "mr,ref\na,\n"))},
        Refusal{"LongRow",
                ROSA_CHANGE(test.data(config, "mr,ref\na,b,c\n")),
                "data",
                {"has 3 fields", "enclose fields that contain the delimiter in quotation marks"},
                ROSA_CHANGE(test.data(config, "mr,ref\na,\"b,c\"\n"))},
        Refusal{"TwoNames",
                ROSA_CHANGE(test.data(config, "mr,mr\na,b\n")),
                "data",
                {"give each one of its own"},
                ROSA_CHANGE(test.data(config, "mr,ref\na,b\n"))},
        Refusal{"Unicode",
                ROSA_CHANGE(test.data(config, "mr,ref\na,\xff\n")),
                "data",
                {"save the file as UTF-8"},
                ROSA_CHANGE(test.data(config, "mr,ref\na,\xc3\xbf\n"))},
        Refusal{"NoColumn",
                ROSA_CHANGE(config.completion = "reff"),
                "data",
                {"\"reff\"", "Did you mean \"ref\"?"},
                ROSA_CHANGE(config.completion = "ref")},
        Refusal {
          "NoUsualColumn",
              ROSA_CHANGE(config.task = Task::LanguageModelling; config.prompt.clear(); config.completion.clear()),
              "data", {"has no column \"text\"", "name one of \"mr\", \"ref\" with --text"},
              ROSA_CHANGE(config.text = "ref")
        },
        Refusal {
          "HeaderByNumber", ROSA_CHANGE(config.prompt = "1"; config.completion = "2"), "data",
              {"Choose --header yes if these are names"}, ROSA_CHANGE(config.header = Reading::Yes)
        },
        Refusal {
          "HeaderByNumberIsData", ROSA_CHANGE(config.prompt = "1"; config.completion = "2"), "data",
              {"or --header no if they are data"}, ROSA_CHANGE(config.header = Reading::No)
        },
        Refusal {
          "TextHasNoColumns", ROSA_CHANGE(test.data(config, "a text\n", "a.txt")), "data", {"use --task lm"},
              ROSA_CHANGE(config.task = Task::LanguageModelling; config.prompt.clear(); config.completion.clear())
        },
        Refusal {
          "NoText",
              ROSA_CHANGE(config.task = Task::LanguageModelling; config.prompt.clear(); config.completion.clear();
                          test.data(config, "", "a.txt")),
              "data", {"choose another file"}, ROSA_CHANGE(test.data(config, "a text\n", "b.txt"))
        },
        Refusal{"OneClass",
                ROSA_CHANGE(test.classifies(config, "text,label,other\na,1,x\nb,1,y\n")),
                "data",
                {"\"1\" in every row", "add rows of others"},
                ROSA_CHANGE(test.data(config, "text,label\na,1\nb,0\n"))},
        Refusal{"OneClassInThisColumn",
                ROSA_CHANGE(test.classifies(config, "text,label,other\na,1,x\nb,1,y\n")),
                "data",
                {"or name another column with --label"},
                ROSA_CHANGE(config.label = "other")},
        Refusal{"Scores",
                ROSA_CHANGE(test.classifies(config, "text,label\na,1.5\nb,2.25\n")),
                "data",
                {"use --task regression"},
                ROSA_CHANGE(config.task = Task::Regression)},
        Refusal {
          "NoScores", ROSA_CHANGE(test.classifies(config); config.task = Task::Regression), "data",
              {"regression needs a number", "for classes use --task classification"},
              ROSA_CHANGE(config.task = Task::Classification)
        },
        Refusal{"EmptyLabel",
                ROSA_CHANGE(test.classifies(config, "text,label\na,yes\nb,no\nc,\n")),
                "data",
                {"Line 4", "fill it in"},
                ROSA_CHANGE(test.data(config, "text,label\na,yes\nb,no\nc,no\n"))},
        Refusal {
          "UnknownClass",
              ROSA_CHANGE(test.classifies(config); config.valid = test.path("valid.csv");
                          writeText(*config.valid, "text,label\na,never\nb,no\n")),
              "valid", {"\"never\"", "the classes are \"no\", \"yes\"", "correct it, or leave the row out"},
              ROSA_CHANGE(writeText(*config.valid, "text,label\nb,no\n"))
        },
        Refusal {
          "NothingFits", ROSA_CHANGE(config.lossOn = LossOn::Completion; config.maxLength = 2), "data",
              {"raise --max-length (now 2)"}, ROSA_CHANGE(config.maxLength = 256)
        },
        Refusal {
          "NothingToStopBy", ROSA_CHANGE(config.earlyStopping = 2; config.validationSplit = 0), "early-stopping",
              {"Hold some out (validation-split)"}, ROSA_CHANGE(config.validationSplit = 0.1)
        }),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(Method, EachPlanRefusal,
                         testing::Values(
                             Refusal{"NoLayer",
                                     ROSA_CHANGE(config.layers = "c_attn"),
                                     "layers",
                                     {"c_attn", "attention"},
                                     ROSA_CHANGE(config.layers = "attention")},
                             Refusal{"NoLayerOfThisRank",
                                     ROSA_CHANGE(config.layerRanks = {"atention=2"}),
                                     "layer-rank",
                                     {"atention", "Did you mean \"attention\"?"},
                                     ROSA_CHANGE(config.layerRanks = {"attention=2"})},
                             Refusal{"Rank",
                                     ROSA_CHANGE(config.rank.value = std::int64_t{65}),
                                     "rank",
                                     {"65", "1 to 32"},
                                     ROSA_CHANGE(config.rank.value = std::int64_t{32})},
                             Refusal{"RankOfThisLayer",
                                     ROSA_CHANGE(config.rank.value = std::int64_t{64}),
                                     "rank",
                                     {"leave", "--layers"},
                                     ROSA_CHANGE(config.layers = "mlp")},
                             Refusal{"Interval",
                                     ROSA_CHANGE(config.resampleEvery = {Interval::Unit::Epochs, 0.5}),
                                     "resample-every",
                                     {"Write a shorter interval"},
                                     ROSA_CHANGE(config.resampleEvery = {Interval::Unit::Steps, 2})},
                             Refusal{"IntervalNever",
                                     ROSA_CHANGE(config.resampleEvery = {Interval::Unit::Epochs, 0.5}),
                                     "resample-every",
                                     {"or never"},
                                     ROSA_CHANGE(config.resampleEvery = {Interval::Unit::Never, 0})},
                             Refusal{"NoBiases",
                                     ROSA_CHANGE(config.method = Method::Bitfit),
                                     "method",
                                     {"which has no biases", "Choose another method"},
                                     ROSA_CHANGE(config.method = Method::Lora)},
                             Refusal{"TrainAlso",
                                     ROSA_CHANGE(config.trainAlso = {"nothing_such"}),
                                     "train-also",
                                     {"nothing_such"},
                                     ROSA_CHANGE(config.trainAlso = {"model.norm"})},
                             Refusal {
                               "Adapter", ROSA_CHANGE(config.method = Method::Lora; config.adapter = test.path("none")),
                                   "adapter", {"Choose the folder of a PEFT adapter"},
                                   ROSA_CHANGE(test.startsFrom(config))
                             },
                             Refusal {
                               "AdapterOfAnotherModel",
                                   ROSA_CHANGE(test.startsFrom(config); config.model = test.makeModel("gpt2");
                                               config.maxLength = 64),
                                   "adapter", {"Choose the model it was made for"},
                                   ROSA_CHANGE(config.model = test.sampleModel())
                             },
                             Refusal {
                               "AdapterOfAnotherMethod",
                                   ROSA_CHANGE(test.startsFrom(config, "PROMPT_TUNING"); config.method = Method::Lora;
                                               config.virtualTokens = RunConfig().virtualTokens),
                                   "adapter", {"Write --method prompt and --virtual-tokens 6"},
                                   ROSA_CHANGE(config.method = Method::Prompt; config.virtualTokens = 6)
                             },
                             Refusal {
                               "VirtualTokensOfTheAdapter",
                                   ROSA_CHANGE(test.startsFrom(config, "PROMPT_TUNING"); config.virtualTokens = 8),
                                   "adapter", {"Write --virtual-tokens 6"}, ROSA_CHANGE(config.virtualTokens = 6)
                             }),
                         [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Place, EachPlanRefusal,
    testing::Values(
        Refusal {
          "Taken", ROSA_CHANGE(fs::create_directory(config.out); writeText(config.out / "mine", "text")), "out",
              {"exists already and is not empty", "Choose another --out"}, ROSA_CHANGE(config.out = test.path("other"))
        },
        Refusal {
          "TakenByARun", ROSA_CHANGE(fs::create_directory(config.out); writeText(config.out / "config.yaml", "")),
              "out", {"holds a run", "Choose another --out"}, ROSA_CHANGE(config.out = test.path("other"))
        },
        Refusal {
          "Emptied", ROSA_CHANGE(fs::create_directory(config.out); writeText(config.out / "mine", "text")), "out",
              {"or an empty folder"}, ROSA_CHANGE(fs::remove(config.out / "mine"))
        },
        Refusal {
          "NoFolder", ROSA_CHANGE(writeText(test.path("file"), ""); config.out = test.path("file") / "run"), "out",
              {"is not a folder", "Choose another --out"}, ROSA_CHANGE(config.out = test.path("other"))
        }),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace rosa::test
